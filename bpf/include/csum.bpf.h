/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Internet checksums, inline. RFC 1624 equation 3 (HC' = ~(~HC + ~m + m'))
 * costs about 20 ns less than bpf_csum_diff() for one or two fields and does
 * not depend on the packet length (docs/benchmarks/bpf.md).
 *
 * Sums work on the 16-bit words as they lie in memory: the one's complement sum
 * does not care about byte order (RFC 1071), so nothing is swapped.
 */
#ifndef CSUM_BPF_H
#define CSUM_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* Folds a sum of up to 2^16 words of 32 bits into 16 bits. */
static __always_inline __u16 csum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* What replacing the 32-bit word @from by @to adds to a sum. */
static __always_inline __u64 csum_change32(__u32 from, __u32 to)
{
	return (__u64)(__u32)~from + to;
}

/* What replacing the 16-bit word @from by @to adds to a sum. */
static __always_inline __u64 csum_change16(__u16 from, __u16 to)
{
	return (__u64)(__u16)~from + to;
}

/* A header checksum after @change (a sum of csum_change*()), RFC 1624 equation 3. */
static __always_inline __u16 csum_apply(__u16 check, __u64 change)
{
	return ~csum_fold((__u16)~check + change);
}

/*
 * The same for UDP, where 0x0000 means "no checksum": none stays none, and a
 * computed zero is sent as 0xffff (RFC 768).
 */
static __always_inline __u16 csum_apply_udp(__u16 check, __u64 change)
{
	if (!check)
		return 0;
	check = csum_apply(check, change);
	return check ? check : 0xffff;
}

#endif
