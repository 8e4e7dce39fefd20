/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ICMP and ICMPv6 errors about packets that a backend sent: "too big" must reach
 * the backend whose connection it is about, or path MTU discovery fails for it.
 * The error quotes the backend's packet, from the VIP to the client; swapping the
 * two gives the flow.
 */
#ifndef LB_ICMP_BPF_H
#define LB_ICMP_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "lb_select.bpf.h"
#include "parse.bpf.h"

struct icmp_header {
	__u8 type;
	__u8 code;
	__u16 check;
	__u32 rest;
};

/* RFC 792: an error quotes at least 8 bytes of the transport header. */
#define QUOTED_TRANSPORT 8

static __always_inline bool is_error4(__u8 type)
{
	return type == ICMP4_UNREACHABLE || type == ICMP4_TIME_EXCEEDED || type == ICMP4_PARAMETER;
}

static __always_inline bool is_error6(__u8 type)
{
	return type >= ICMP6_UNREACHABLE && type <= ICMP6_PARAMETER;
}

static __always_inline int read_quoted(struct packet *p, void *l4, __u8 proto,
				       struct flow_request *request)
{
	__be16 *port = l4;

	if (proto != IPPROTO_TCP && proto != IPPROTO_UDP)
		return LB_PASS_ICMP;
	if (l4 + QUOTED_TRANSPORT > p->end)
		return LB_PASS_MALFORMED;
	request->vip_port = port[0];
	request->client_port = port[1];
	request->proto = proto;
	request->flags = TCP_ACK;
	request->quoted = true;
	return 0;
}

static __always_inline int parse_icmp4(struct packet *p, struct flow_request *request)
{
	struct icmp_header *icmp = p->l4;
	struct iphdr *outer = p->l3;
	struct iphdr *quoted;

	if ((void *)(icmp + 1) > p->end || p->l4_len < sizeof(*icmp))
		return LB_PASS_MALFORMED;
	if (!is_error4(icmp->type))
		return LB_PASS_UNSUPPORTED;
	quoted = (void *)(icmp + 1);
	if ((void *)(quoted + 1) > p->end || quoted->version != 4 || quoted->ihl < 5 ||
	    p->l4_len < sizeof(*icmp) + quoted->ihl * 4 + QUOTED_TRANSPORT)
		return LB_PASS_MALFORMED;
	/* Who asks us about somebody else's packet may be lying. */
	if (quoted->saddr != outer->daddr || quoted->frag_off & bpf_htons(IPV4_OFFSET_MASK))
		return LB_PASS_ICMP;
	request->vip = &quoted->saddr;
	request->client = &quoted->daddr;
	return read_quoted(p, (void *)quoted + quoted->ihl * 4, quoted->protocol, request);
}

static __always_inline int parse_icmp6(struct packet *p, struct flow_request *request)
{
	struct icmp_header *icmp = p->l4;
	struct ipv6hdr *outer = p->l3;
	struct ipv6hdr *quoted;
	const __u64 *from, *to;

	if ((void *)(icmp + 1) > p->end || p->l4_len < sizeof(*icmp))
		return LB_PASS_MALFORMED;
	if (!is_error6(icmp->type))
		return LB_PASS_UNSUPPORTED;
	quoted = (void *)(icmp + 1);
	if ((void *)(quoted + 1) > p->end || quoted->version != 6 ||
	    p->l4_len < sizeof(*icmp) + sizeof(*quoted) + QUOTED_TRANSPORT)
		return LB_PASS_MALFORMED;
	from = (const __u64 *)&quoted->saddr;
	to = (const __u64 *)&outer->daddr;
	if (from[0] != to[0] || from[1] != to[1])
		return LB_PASS_ICMP;
	request->vip = (const __u32 *)&quoted->saddr;
	request->client = (const __u32 *)&quoted->daddr;
	return read_quoted(p, quoted + 1, quoted->nexthdr, request);
}

#endif
