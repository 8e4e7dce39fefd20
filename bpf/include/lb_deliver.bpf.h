/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Puts a packet on the wire to its backend: new MAC addresses, and for dsr-ipip an
 * outer IP header. The frame leaves through the interface it came in by (XDP_TX).
 */
#ifndef LB_DELIVER_BPF_H
#define LB_DELIVER_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "csum.bpf.h"
#include "lb_maps.h"
#include "parse.bpf.h"

#define OUTER_TTL 64

struct mac {
	__u8 byte[6];
} __attribute__((aligned(2)));

static __always_inline bool has_mac(const struct lb_real *real)
{
	const __u16 *mac = (const __u16 *)real->mac;

	return mac[0] | mac[1] | mac[2];
}

static __always_inline int deliver_l2(struct packet *p, const struct lb_real *real)
{
	*(struct mac *)p->eth->h_source = *(struct mac *)p->eth->h_dest;
	*(struct mac *)p->eth->h_dest = *(const struct mac *)real->mac;
	return 0;
}

/* What outer headers copy from the inner one. */
struct inner {
	__u32 length;
	__u8 traffic_class; /* RFC 6040: DSCP and ECN are copied */
	__u8 proto;	    /* IPPROTO_IPIP or IPPROTO_IPV6 */
	__be16 id;
	__be16 df;
};

static __always_inline void read_inner(struct packet *p, bool v6, struct inner *inner)
{
	inner->length = p->ip_len;
	if (v6) {
		const __u8 *byte = p->l3;

		inner->traffic_class = byte[0] << 4 | byte[1] >> 4;
		inner->proto = IPPROTO_IPV6;
		inner->id = 0;
		inner->df = bpf_htons(IPV4_DF);
	} else {
		struct iphdr *ip = p->l3;

		inner->traffic_class = ip->tos;
		inner->proto = IPPROTO_IPIP;
		inner->id = ip->id;
		inner->df = ip->frag_off & bpf_htons(IPV4_DF);
	}
}

static __always_inline void fill_outer4(struct iphdr *outer, const struct inner *inner,
					__be32 source, __be32 dest)
{
	__u32 *word = (__u32 *)outer;
	__u64 sum;

	word[0] = bpf_htonl(0x45000000 | inner->traffic_class << 16 |
			    (inner->length + sizeof(*outer)));
	word[1] = inner->id | (__u32)inner->df << 16;
	word[2] = bpf_htonl(OUTER_TTL << 24 | inner->proto << 16);
	word[3] = source;
	word[4] = dest;
	sum = (__u64)word[0] + word[1] + word[2] + source + dest;
	outer->check = ~csum_fold(sum);
}

static __always_inline void fill_outer6(struct ipv6hdr *outer, const struct inner *inner,
					const __u32 *source, const __u32 *dest, __u32 label)
{
	__u32 *word = (__u32 *)outer;

	/* RFC 6438: the flow label spreads the tunnel's flows over paths and queues. */
	word[0] = bpf_htonl(6 << 28 | inner->traffic_class << 20 | (label & 0xfffff));
	word[1] = bpf_htonl(inner->length << 16 | inner->proto << 8 | OUTER_TTL);
	__builtin_memcpy(word + 2, source, 16);
	__builtin_memcpy(word + 6, dest, 16);
}

/* Moves Ethernet header and tags to the new start of the frame; @grow bytes lie between. */
static __always_inline void move_l2(void *data, __u32 l2_len, __u32 grow, __be16 ethertype,
				    const struct lb_real *real)
{
	struct ethhdr *new = data;
	struct ethhdr *old = data + grow;
	struct mac source = *(struct mac *)old->h_dest;

	if (l2_len == 14) {
		new->h_proto = ethertype;
	} else if (l2_len == 18) {
		__u32 tag = *(__u32 *)&old->h_proto;

		*(__u32 *)&new->h_proto = tag;
		*(__be16 *)(data + 16) = ethertype;
	} else {
		__u64 tags = *(__u64 *)&old->h_proto;

		*(__u64 *)&new->h_proto = tags;
		*(__be16 *)(data + 20) = ethertype;
	}
	*(struct mac *)new->h_source = source;
	*(struct mac *)new->h_dest = *(const struct mac *)real->mac;
}

/* All pointers of @p are void afterwards. Returns 0, or the reason why it could not be done. */
static __always_inline int deliver_ipip(struct xdp_md *ctx, struct packet *p,
					const struct lb_real *real, const struct lb_settings *set,
					__u32 label, bool v6)
{
	__u32 l2_len = p->l2_len;
	__u32 grow = real->family == 6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	struct inner inner;
	void *data, *end;

	read_inner(p, v6, &inner);
	if (real->family == 6) {
		if (bpf_xdp_adjust_head(ctx, -(int)sizeof(struct ipv6hdr)))
			return LB_PASS_NO_ROOM;
		data = (void *)(long)ctx->data;
		end = (void *)(long)ctx->data_end;
		if (data + 22 + sizeof(struct ipv6hdr) > end)
			return LB_PASS_NO_ROOM;
		move_l2(data, l2_len, grow, bpf_htons(ETH_P_IPV6), real);
		fill_outer6(data + l2_len, &inner, set->tunnel6, real->address, label);
	} else {
		if (bpf_xdp_adjust_head(ctx, -(int)sizeof(struct iphdr)))
			return LB_PASS_NO_ROOM;
		data = (void *)(long)ctx->data;
		end = (void *)(long)ctx->data_end;
		if (data + 22 + sizeof(struct iphdr) > end)
			return LB_PASS_NO_ROOM;
		move_l2(data, l2_len, grow, bpf_htons(ETH_P_IP), real);
		fill_outer4(data + l2_len, &inner, set->tunnel4, real->address[0]);
	}
	return 0;
}

#endif
