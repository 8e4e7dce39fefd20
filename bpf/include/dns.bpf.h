/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a DNS query over UDP asks for (RFC 1035, section 4.1), as far as the guard has to know. */
#ifndef DNS_BPF_H
#define DNS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "parse.bpf.h"

#define DNS_PORT       53
#define DNS_MAX_LABEL  63
#define DNS_MAX_NAME   255  /* bytes with all lengths and the root */
#define DNS_RESPONSE   0x80 /* in the third byte of the header */
#define DNS_UNREADABLE (-1)

struct dns_header {
	__be16 id;
	__u8 flags[2];
	__be16 questions;
	__be16 answers;
	__be16 authorities;
	__be16 additionals;
};

/*
 * Length of the longest label of the first question's name; 0 without a question,
 * DNS_UNREADABLE where the name is cut short, longer than a name may be, or not plain
 * (compression in a question, RFC 9267). @offset: of the name in the frame, @length: what
 * is left of the message there. A global function: the verifier walks its loop once.
 */
__noinline int dns_longest_label(struct xdp_md *ctx, __u32 offset, __u32 length)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	__u32 at = 0, longest = 0;

	if (offset > MAX_L4_OFFSET + sizeof(struct udphdr) + sizeof(struct dns_header))
		return DNS_UNREADABLE;
	data += offset;
	for (int labels = 0; labels <= DNS_MAX_NAME / 2; labels++) {
		__u8 *label = data + at;
		__u32 size;

		if ((void *)(label + 1) > end || at >= length)
			return DNS_UNREADABLE;
		size = *label;
		if (!size)
			return longest;
		at += size + 1;
		if (size > DNS_MAX_LABEL || at >= DNS_MAX_NAME)
			return DNS_UNREADABLE;
		if (size > longest)
			longest = size;
	}
	return DNS_UNREADABLE;
}

#endif
