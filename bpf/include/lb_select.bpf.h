/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which backend gets a packet: the flow table first, the ring when the table does
 * not know the flow or must not be used.
 */
#ifndef LB_SELECT_BPF_H
#define LB_SELECT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "lb_hash.bpf.h"
#include "lb_state.bpf.h"
#include "lb_request.bpf.h"

/* Slots that are tried when a backend is down and the ring not yet rewritten: with half of them
 * down, 1 in 65536 fails. */
#define RING_TRIES 16

struct choice {
	struct lb_real *real;
	__u32 index;
	bool fresh;    /* a new flow */
	bool missed;   /* an established one that the table did not hold */
	bool bypassed; /* kept out of the table by the guard */
};

static __always_inline __u16 seconds(void)
{
	return bpf_ktime_get_coarse_ns() >> 30;
}

static __always_inline bool split_holds(const struct lb_split *split)
{
	return split->dose && bpf_ktime_get_coarse_ns() < split->lease;
}

/* May this packet follow the table's entry? */
static __always_inline struct lb_real *follow(struct lb_flow *flow, const struct lb_settings *set,
					      const struct flow_request *request,
					      const struct lb_vip *vip)
{
	struct lb_real *real = get_real(flow->real, flow->generation);

	if (!real)
		return NULL;
	if (flow->flags & LB_FLOW_SPLIT) {
		__u32 index = vip->index;
		struct lb_split *split = bpf_map_lookup_elem(&splits, &index);

		if (!split || !split_holds(split))
			return NULL;
	}
	if (request->proto == IPPROTO_UDP && set->udp_idle) {
		__u16 now = seconds();

		if ((__u16)(now - flow->seen) > set->udp_idle)
			return NULL;
		if (now != flow->seen && !request->quoted)
			flow->seen = now;
	}
	return real;
}

/* What a ring, or the detour around its sick backends, holds in a slot. */
static __always_inline int slot_of(void *outer, __u32 ring_id, __u32 where)
{
	__u32 zero = 0;
	void *inner = bpf_map_lookup_elem(outer, &ring_id);
	struct lb_ring *ring;

	if (!inner)
		return -1;
	ring = bpf_map_lookup_elem(inner, &zero);
	if (!ring || where >= LB_RING_SIZE)
		return -1;
	return ring->real[where];
}

/* The backend of a hash: its id, or minus the reason why there is none. */
static __always_inline int ask_ring(__u32 ring_id, __u64 hash)
{
	int index;

	for (int try = 0; try < RING_TRIES; try++) {
		__u32 where = ring_slot(hash);

		index = slot_of(&rings, ring_id, where);
		if (index < 0)
			return -LB_PASS_NO_RING;
		if (index == LB_NO_REAL)
			return -LB_DROP_NO_BACKEND;
		if (get_real(index, -1))
			return index;
		index = slot_of(&detours, ring_id, where);
		if (index >= 0 && get_real(index, -1))
			return index;
		hash = mix(hash);
	}
	return -LB_DROP_NO_BACKEND;
}

#define CHOSEN_FROM_SPLIT 0x10000

/*
 * Chooses from the split's ring or the VIP's own: the real id, with
 * CHOSEN_FROM_SPLIT, or minus a reason. A global function: the verifier walks it
 * once, whatever led here.
 */
__noinline int choose(__u32 vip_index, __u32 ring_id, __u64 hash)
{
	struct lb_split *split = bpf_map_lookup_elem(&splits, &vip_index);

	if (split && split->dose && split_rank(hash) < split->dose && split_holds(split)) {
		int index = ask_ring(split->ring, hash);

		if (index >= 0)
			return index | CHOSEN_FROM_SPLIT;
	}
	return ask_ring(ring_id, hash);
}

#endif
