/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Mode nat: the packet's destination becomes the backend's address and port, and
 * the backend's answer, which comes back through here because this is its route to
 * the client, gets the VIP's address and port as its source.
 *
 * The way back is a table of its own, keyed by the answer as it arrives. Every
 * packet on the way in renews its entry, so that an entry the LRU has dropped is
 * there again before the answer is.
 *
 * ICMP errors are translated inside and out. The transport checksum inside the
 * quoted packet is left alone: nobody checks it, most quotes do not hold it.
 *
 * Both functions parse the packet again: off the fast path of the dsr modes, the
 * verifier walks them once, and they need more of the packet than those do.
 */
#ifndef LB_NAT_BPF_H
#define LB_NAT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "csum.bpf.h"
#include "lb_deliver.bpf.h"
#include "lb_request.bpf.h"
#include "lb_select.bpf.h"
#include "lb_state.bpf.h"

/* One end of a flow, where it stands in a packet. */
struct endpoint {
	__u32 *address;
	__be16 *port;
};

struct rewrite {
	const __u32 *address; /* what to write */
	__be16 port;
};

static __always_inline __u64 replace_address(__u32 *at, const __u32 *to, bool v6)
{
	__u64 change = csum_change32(at[0], to[0]);

	at[0] = to[0];
	if (!v6)
		return change;
	for (int i = 1; i < 4; i++) {
		change += csum_change32(at[i], to[i]);
		at[i] = to[i];
	}
	return change;
}

static __always_inline __u64 replace_port(__be16 *at, __be16 to)
{
	__u64 change = csum_change16(*at, to);

	*at = to;
	return change;
}

static __always_inline void apply_header(struct iphdr *ip, __u64 change)
{
	ip->check = csum_apply(ip->check, change);
}

/* A whole TCP or UDP packet: @at is its source or destination. */
static __always_inline int rewrite_direct(struct packet *p, struct endpoint at,
					  const struct rewrite *to, bool v6)
{
	__u64 address = replace_address(at.address, to->address, v6);
	__u64 change = address + replace_port(at.port, to->port);

	if (!v6)
		apply_header(p->l3, address);
	if (p->proto == IPPROTO_TCP) {
		struct tcphdr *tcp = p->l4;

		if ((void *)(tcp + 1) > p->end)
			return LB_PASS_MALFORMED;
		tcp->check = csum_apply(tcp->check, change);
	} else {
		struct udphdr *udp = p->l4;

		if ((void *)(udp + 1) > p->end)
			return LB_PASS_MALFORMED;
		udp->check = csum_apply_udp(udp->check, change);
	}
	return 0;
}

/*
 * An ICMP error: @outer, the end of the outer packet that is to be translated too,
 * or NULL; @at is the same host in the quoted packet.
 */
static __always_inline int rewrite_quoted(struct packet *p, __u32 *outer, struct endpoint at,
					  const struct rewrite *to, bool v6)
{
	struct icmp_header *icmp = p->l4;
	struct iphdr *quoted = (void *)(icmp + 1);
	__u64 change = 0, address;

	if ((void *)(quoted + 1) > p->end)
		return LB_PASS_MALFORMED;
	if (outer) {
		address = replace_address(outer, to->address, v6);
		if (v6)
			change += address; /* ICMPv6 covers a pseudo header */
		else
			apply_header(p->l3, address);
	}
	address = replace_address(at.address, to->address, v6);
	if (v6)
		change += address;
	else
		apply_header(quoted, address); /* cancels out in the ICMP checksum */
	change += replace_port(at.port, to->port);
	icmp->check = csum_apply(icmp->check, change);
	return 0;
}

static __always_inline struct lb_nat *find_nat(const __u32 *real, __be16 real_port,
					       const __u32 *client, __be16 client_port, __u8 proto,
					       const struct lb_nat *insert, bool v6)
{
	if (v6) {
		struct lb_nat6_key key = { .real_port = real_port,
					   .client_port = client_port,
					   .proto = proto };

		__builtin_memcpy(key.real, real, sizeof(key.real));
		__builtin_memcpy(key.client, client, sizeof(key.client));
		if (!insert)
			return bpf_map_lookup_elem(&nat6, &key);
		bpf_map_update_elem(&nat6, &key, insert, BPF_ANY);
	} else {
		struct lb_nat4_key key = {
			.real = real[0],
			.client = client[0],
			.real_port = real_port,
			.client_port = client_port,
			.proto = proto,
		};

		if (!insert)
			return bpf_map_lookup_elem(&nat4, &key);
		bpf_map_update_elem(&nat4, &key, insert, BPF_ANY);
	}
	return NULL;
}

static __always_inline bool same_address(const __u32 *a, const __u32 *b, bool v6)
{
	if (!v6)
		return a[0] == b[0];
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

/* Makes sure that the answer will find its way back. */
static __always_inline int bind(struct packet *p, const struct flow_request *request,
				const struct lb_real *real, __u32 id, bool v6)
{
	struct lb_nat entry = { .port = request->vip_port, .id = id, .seen = seconds() };
	struct lb_nat *old = find_nat(real->address, real->port, request->client,
				      request->client_port, request->proto, NULL, v6);

	if (old) {
		if (same_address(old->vip, request->vip, v6) && old->port == request->vip_port) {
			if (old->seen != entry.seen)
				old->seen = entry.seen;
			return 0;
		}
		/* The same client port, for another VIP with the same backend and port. */
		if ((__u16)(entry.seen - old->seen) < LB_NAT_IDLE)
			return LB_DROP_COLLISION;
	}
	__builtin_memcpy(entry.vip, request->vip, v6 ? 16 : 4);
	__builtin_memcpy(entry.mac, p->eth->h_source, sizeof(entry.mac));
	find_nat(real->address, real->port, request->client, request->client_port, request->proto,
		 &entry, v6);
	return 0;
}

static __always_inline int forward(struct packet *p, const struct flow_request *request,
				   const struct lb_real *real, __u32 id, bool v6)
{
	struct rewrite to = { .address = real->address, .port = real->port };
	struct endpoint at;
	int result;

	if (request->fragment)
		return LB_PASS_FRAGMENT;
	if (real->family != (v6 ? 6 : 4))
		return LB_PASS_FAMILY;
	at.address = (__u32 *)request->vip;
	at.port = (__be16 *)request->vip_port_at;
	if (request->quoted) {
		__u32 *outer = v6 ? (__u32 *)&((struct ipv6hdr *)p->l3)->daddr
				  : &((struct iphdr *)p->l3)->daddr;

		result = rewrite_quoted(p, outer, at, &to, v6);
	} else {
		result = bind(p, request, real, id, v6);
		if (!result)
			result = rewrite_direct(p, at, &to, v6);
	}
	return result ? result : deliver_l2(p, real);
}

/* A packet for a VIP of mode nat, to the real @id. Returns 0, or the reason why not. */
__noinline int nat_forward(struct xdp_md *ctx, __u32 id)
{
	struct flow_request request = {};
	struct packet p = {};
	struct lb_real *real = get_real(id, -1);
	int result;

	if (!real || parse_packet(ctx, &p) != PARSE_OK)
		return LB_PASS_MALFORMED;
	if (p.ethertype == ETH_P_IP) {
		result = read_request(&p, &request, false);
		return result ? result : forward(&p, &request, real, id, false);
	}
	result = read_request(&p, &request, true);
	return result ? result : forward(&p, &request, real, id, true);
}

static __always_inline void count_returned(__u32 id)
{
	struct lb_real_stats *stats = bpf_map_lookup_elem(&real_stats, &id);

	if (stats)
		stats->returned += 1;
}

/*
 * An answer looks like a packet from a "client" (the backend) to a "VIP" (the
 * client); the names of struct flow_request are the other way round here.
 */
static __always_inline int send_back(struct packet *p, const struct flow_request *request, bool v6)
{
	struct endpoint at = { (__u32 *)request->client, (__be16 *)request->client_port_at };
	struct lb_nat *nat;
	struct rewrite to;
	__u16 now;
	int result;

	if (request->fragment)
		return LB_PASS_NOT_VIP;
	nat = find_nat(request->client, request->client_port, request->vip, request->vip_port,
		       request->proto, NULL, v6);
	if (!nat)
		return LB_PASS_NOT_VIP;
	now = seconds();
	if (nat->seen != now)
		nat->seen = now;
	to.address = nat->vip;
	to.port = nat->port;
	if (request->quoted) {
		__u32 *outer = v6 ? (__u32 *)&((struct ipv6hdr *)p->l3)->saddr
				  : &((struct iphdr *)p->l3)->saddr;

		/* A router between us and the backend keeps its own name. */
		if (!same_address(outer, request->client, v6))
			outer = NULL;
		result = rewrite_quoted(p, outer, at, &to, v6);
	} else {
		result = rewrite_direct(p, at, &to, v6);
	}
	if (result)
		return result;
	*(struct mac *)p->eth->h_source = *(struct mac *)p->eth->h_dest;
	*(struct mac *)p->eth->h_dest = *(struct mac *)nat->mac;
	count_returned(nat->id);
	return LB_SENT;
}

/* A packet for no VIP: perhaps a backend's answer. Returns LB_SENT or a reason. */
__noinline int nat_return(struct xdp_md *ctx)
{
	struct flow_request request = {};
	struct packet p = {};
	int result;

	if (parse_packet(ctx, &p) != PARSE_OK)
		return LB_PASS_MALFORMED;
	if (p.ethertype == ETH_P_IP) {
		result = read_request(&p, &request, false);
		return result ? result : send_back(&p, &request, false);
	}
	result = read_request(&p, &request, true);
	return result ? result : send_back(&p, &request, true);
}

#endif
