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

/* The backend of a hash: its id, or minus the reason why there is none. */
static __always_inline int ask_ring(__u32 ring_id, __u64 hash)
{
	__u32 zero = 0, where, index;
	struct lb_ring *ring;
	void *inner = bpf_map_lookup_elem(&rings, &ring_id);

	if (!inner)
		return -LB_PASS_NO_RING;
	ring = bpf_map_lookup_elem(inner, &zero);
	if (!ring)
		return -LB_PASS_NO_RING;
	for (int try = 0; try < RING_TRIES; try++) {
		where = ring_slot(hash);
		if (where >= LB_RING_SIZE)
			return -LB_PASS_NO_RING;
		index = ring->real[where];
		if (get_real(index, -1))
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
