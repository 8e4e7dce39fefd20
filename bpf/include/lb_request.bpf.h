/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Reads the flow a packet belongs to: the client's address and port, the VIP's,
 * and the protocol.
 *
 * ICMP and ICMPv6 errors are about packets that a backend sent: "too big" must
 * reach the backend whose connection it is about, or path MTU discovery fails for
 * it. An error quotes the backend's packet, from the VIP to the client; swapping
 * the two gives the flow.
 */
#ifndef LB_REQUEST_BPF_H
#define LB_REQUEST_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "lb_maps.h"
#include "parse.bpf.h"

/* A flow as the balancer sees it; an ICMP error is seen as the flow it quotes. */
struct flow_request {
	const __u32 *client; /* into the packet: 1 or 4 words */
	const __u32 *vip;
	const __be16 *client_port_at;
	const __be16 *vip_port_at;
	__be16 client_port; /* 0 for fragments */
	__be16 vip_port;
	__u8 proto;
	__u8 flags;    /* of TCP */
	bool fragment; /* no ports: the ring by address, never the table */
	bool quoted;   /* from an ICMP error: follows the flow, never makes one */
};

static __always_inline bool is_syn(const struct flow_request *request)
{
	return request->proto == IPPROTO_TCP && (request->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

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
	request->vip_port_at = &port[0];
	request->client_port_at = &port[1];
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

static __always_inline int reason_of(int parse_result)
{
	if (parse_result == PARSE_NOT_IP)
		return LB_PASS_NOT_IP;
	return parse_result == PARSE_MALFORMED ? LB_PASS_MALFORMED : LB_PASS_UNSUPPORTED;
}

/* Reads the flow out of a packet. Returns 0 or a reason. */
static __always_inline int read_request(struct packet *p, struct flow_request *request, bool v6)
{
	struct ports ports = {};
	int result;

	if (v6) {
		struct ipv6hdr *ip = p->l3;

		request->client = (const __u32 *)&ip->saddr;
		request->vip = (const __u32 *)&ip->daddr;
	} else {
		struct iphdr *ip = p->l3;

		request->client = &ip->saddr;
		request->vip = &ip->daddr;
	}
	request->proto = p->proto;
	if (p->fragment != FRAGMENT_NONE) {
		request->fragment = true;
		return p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP ? 0 : LB_PASS_UNSUPPORTED;
	}
	if (v6 && p->proto == IPPROTO_ICMPV6)
		return parse_icmp6(p, request);
	if (!v6 && p->proto == IPPROTO_ICMP)
		return parse_icmp4(p, request);
	result = parse_ports(p, &ports);
	if (result != PARSE_OK)
		return reason_of(result);
	request->client_port_at = p->l4;
	request->vip_port_at = (const __be16 *)p->l4 + 1;
	request->client_port = ports.source;
	request->vip_port = ports.dest;
	request->flags = ports.flags;
	return 0;
}

#endif
