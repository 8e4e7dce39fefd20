// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * xdp_lb: layer 4 load balancer for TCP and UDP over IPv4 and IPv6.
 *
 * Hook:      XDP, in a slot of the chain
 * Maps:      include/lb_maps.h has their shapes, byte order and writers
 * Kernel:    5.11 (coarse clock)
 * In doubt:  counts the reason in `reasons` and hands the packet on; it drops only
 *            what is certainly for a VIP and cannot be served
 *
 * A packet is parsed to a flow (parse.bpf.h, lb_request.bpf.h), the flow finds its
 * VIP and backend (lb_cache.bpf.h, lb_select.bpf.h, lb_guard.bpf.h), the backend's
 * mode writes the frame (lb_deliver.bpf.h, lb_nat.bpf.h). A hit costs one hash lookup
 * for the VIP, one set of this CPU's connection table, and one counter; the shared
 * table is written for new flows only.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "chain.bpf.h"
#include "lb_cache.bpf.h"
#include "lb_deliver.bpf.h"
#include "lb_guard.bpf.h"
#include "lb_nat.bpf.h"
#include "lb_quic.bpf.h"
#include "lb_request.bpf.h"
#include "lb_select.bpf.h"
#include "lb_state.bpf.h"
#include "parse.bpf.h"
#include "stats.bpf.h"

/*
 * The fields of a key are put together in a register and written at once: a load
 * that spans two fresh stores, as the kernel's hash function does, has to wait for
 * both to reach the cache.
 */
static __always_inline __u32 vip_port_and_proto(const struct flow_request *request)
{
	return (__u32)request->proto << 16 | request->vip_port;
}

static __always_inline struct lb_vip *find_vip(const struct flow_request *request, bool v6)
{
	/* Port 0 in the map is for fragments; a packet that really says 0 is nobody's. */
	if (!request->vip_port && !request->fragment)
		return NULL;
	if (v6) {
		struct lb_vip6_key key = { .port_and_proto = vip_port_and_proto(request) };

		__builtin_memcpy(key.address, request->vip, sizeof(key.address));
		return bpf_map_lookup_elem(&vips6, &key);
	} else {
		struct lb_vip4_key key = { .word = (__u64)vip_port_and_proto(request) << 32 |
						   request->vip[0] };

		return bpf_map_lookup_elem(&vips4, &key);
	}
}

static __always_inline int select_real(struct xdp_md *ctx, const struct flow_request *request,
				       const struct lb_settings *set, const struct lb_vip *vip,
				       struct choice *choice, bool v6)
{
	bool use_table = !request->fragment && !(vip->flags & LB_VIP_STATELESS);
	struct lb_flow6_key key6 = {};
	struct lb_flow4_key key4 = {};
	struct lb_flow *flow = NULL;
	__u64 cache_key = 0;
	__u16 flow_flags;
	__be16 port;
	__u64 hash;
	int result;

	if (vip->flags & LB_VIP_QUIC && request->proto == IPPROTO_UDP) {
		result = quic_real(ctx, vip->index);
		if (result >= 0) {
			choice->index = result;
			choice->real = get_real(result, -1);
			if (choice->real)
				return 0;
		}
	}

	if (use_table) {
		bool syn = is_syn(request);

		if (v6) {
			__builtin_memcpy(key6.client, request->client, sizeof(key6.client));
			key6.port_and_vip = (__u32)vip->index << 16 | request->client_port;
			cache_key = flow_hash6(set->hash_seed + vip->index, request->client,
					       request->client_port);
			if (!syn)
				choice->real = cache6_find(cache_key, &key6, cache_window(),
							   &choice->index);
		} else {
			key4.word = (__u64)vip->index << 48 | (__u64)request->client_port << 32 |
				    request->client[0];
			cache_key = cache4_key(set->hash_seed, &key4);
			if (!syn)
				choice->real = cache4_find(cache_key, cache_window(),
							   &choice->index);
		}
		if (choice->real)
			return 0;
		flow = v6 ? bpf_map_lookup_elem(&flows6, &key6)
			  : bpf_map_lookup_elem(&flows4, &key4);
		/* A SYN opens a new connection even where an old one used the same port. */
		if (flow && !syn) {
			choice->real = follow(flow, set, request, vip);
			choice->index = flow->real;
			if (choice->real) {
				/* A split may end at any moment: its flows are looked up each time.
				 */
				if (flow->flags & LB_FLOW_SPLIT)
					return 0;
				if (v6)
					cache6_fill(cache_key, &key6, flow->real, flow->generation);
				else
					cache4_fill(cache_key, flow->real, flow->generation);
				return 0;
			}
		}
	}

	port = vip->flags & LB_VIP_HASH_SOURCE || request->fragment ? 0 : request->client_port;
	hash = v6 ? flow_hash6(set->hash_seed, request->client, port)
		  : flow_hash4(set->hash_seed, request->client[0], port);
	result = choose(vip->index, vip->ring, hash);
	if (result < 0)
		return -result;
	choice->index = result & 0xffff;
	flow_flags = result & CHOSEN_FROM_SPLIT ? LB_FLOW_SPLIT : 0;
	choice->real = get_real(choice->index, -1);
	if (!choice->real)
		return LB_DROP_NO_BACKEND;
	if (!use_table || request->quoted || request->flags & TCP_RST)
		return 0;

	choice->fresh = is_syn(request) || request->proto == IPPROTO_UDP;
	choice->missed = !choice->fresh;
	/* A repeated SYN finds its own entry: nothing to write. */
	if (flow && flow->real == choice->index && flow->generation == choice->real->generation &&
	    flow->flags == flow_flags && is_syn(request))
		return 0;
	result = guard(source_prefix(request, v6), v6, is_syn(request));
	if (result == GUARD_DROP)
		return LB_DROP_SYN_RATE;
	if (result == GUARD_BYPASS) {
		choice->bypassed = true;
		return 0;
	}

	/* Other CPUs may still send this flow where it went before. */
	if (flow && flow->real != choice->index)
		end_window();

	struct lb_flow entry = {
		.real = choice->index,
		.generation = choice->real->generation,
		.seen = request->proto == IPPROTO_UDP ? seconds() : 0,
		.flags = flow_flags,
	};

	if (v6)
		bpf_map_update_elem(&flows6, &key6, &entry, BPF_ANY);
	else
		bpf_map_update_elem(&flows4, &key4, &entry, BPF_ANY);
	return 0;
}

static __always_inline void count_sent(const struct lb_vip *vip, const struct choice *choice,
				       __u32 bytes)
{
	__u32 vip_index = vip->index, real_index = choice->index;
	struct lb_real_stats *by_real = bpf_map_lookup_elem(&real_stats, &real_index);
	struct lb_vip_stats *by_vip;

	if (by_real) {
		by_real->packets += 1;
		by_real->bytes += bytes;
		by_real->new_flows += choice->fresh;
	}
	if (!choice->missed && !choice->bypassed)
		return;
	by_vip = bpf_map_lookup_elem(&vip_stats, &vip_index);
	if (by_vip) {
		by_vip->misses += choice->missed;
		by_vip->bypassed += choice->bypassed;
	}
}

static __always_inline void count_drop(const struct lb_vip *vip, int reason)
{
	__u32 index = vip->index;
	struct lb_vip_stats *stats = bpf_map_lookup_elem(&vip_stats, &index);

	if (!stats)
		return;
	if (reason == LB_DROP_NO_BACKEND)
		stats->drop_no_backend += 1;
	if (reason == LB_DROP_SYN_RATE)
		stats->drop_syn_rate += 1;
	if (reason == LB_DROP_COLLISION)
		stats->drop_collision += 1;
}

static __always_inline int balance(struct xdp_md *ctx, struct packet *p,
				   const struct flow_request *request, bool v6)
{
	struct lb_settings *set = get_settings();
	struct lb_vip *vip = find_vip(request, v6);
	struct choice choice = {};
	__u32 bytes = p->ip_len;
	int result;

	if (!set)
		return LB_PASS_NOT_VIP;
	if (!vip)
		return set->flags & LB_SET_NAT ? nat_return(ctx) : LB_PASS_NOT_VIP;
	result = select_real(ctx, request, set, vip, &choice, v6);
	if (result || !choice.real) {
		count_drop(vip, result);
		return result;
	}
	if (!has_mac(choice.real))
		return LB_PASS_NO_MAC;
	if (vip->mode == LB_DSR_IPIP)
		result = deliver_ipip(ctx, p, choice.real, set, request->client_port, v6);
	else if (vip->mode == LB_NAT)
		result = nat_forward(ctx, choice.index);
	else
		result = deliver_l2(p, choice.real);
	if (result) {
		count_drop(vip, result);
		return result;
	}
	count_sent(vip, &choice, bytes);
	return LB_SENT;
}

static __always_inline int handle(struct xdp_md *ctx)
{
	struct flow_request request = {};
	struct packet p = {};
	int result = parse_packet(ctx, &p);

	if (result != PARSE_OK)
		return reason_of(result);
	if (p.ethertype == ETH_P_IP) {
		result = read_request(&p, &request, false);
		return result ? result : balance(ctx, &p, &request, false);
	}
	result = read_request(&p, &request, true);
	return result ? result : balance(ctx, &p, &request, true);
}

SEC("xdp")
int xdp_lb(struct xdp_md *ctx)
{
	int result = handle(ctx);

	if (result == LB_SENT)
		return XDP_TX;
	count(&reasons, result);
	if (result >= LB_DROP_NO_BACKEND)
		return XDP_DROP;
	return next_slot(ctx);
}

char _license[] SEC("license")
= "Dual BSD/GPL";
