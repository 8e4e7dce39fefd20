/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The flood guard: what a new flow costs is an entry in the table, and a flood of
 * SYNs from forged sources would push out everybody else's.
 *
 *  flow_rate  new flows per second and CPU; above it flows are balanced by the ring
 *             alone, which is right for as long as the ring does not change
 *  syn_rate   SYNs per second and source prefix (IPv4 /24, IPv6 /64); above it the
 *             same, or a drop if the settings say so
 *
 * Both are off at 0 and cost nothing then. Windows are 2^30 ns long.
 */
#ifndef LB_GUARD_BPF_H
#define LB_GUARD_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "lb_select.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lb_source);
} pace SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LB_MAX_SOURCES);
	__type(key, __u32);
	__type(value, struct lb_source);
} sources4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LB_MAX_SOURCES);
	__type(key, __u64);
	__type(value, struct lb_source);
} sources6 SEC(".maps");

enum guard_verdict {
	GUARD_OK = 0,
	GUARD_BYPASS,
	GUARD_DROP,
};

/* Counts one event; true when the window has seen more than @limit of them. */
static __always_inline bool over_limit(struct lb_source *source, __u32 limit)
{
	__u32 window = bpf_ktime_get_coarse_ns() >> 30;

	if (source->window != window) {
		source->window = window;
		source->count = 1;
		return limit < 1;
	}
	/* Two CPUs may count at once; a guard may be off by a few, so no atomic add. */
	source->count += 1;
	return source->count > limit;
}

static __always_inline bool source_over_limit(__u64 prefix, bool v6, __u32 limit)
{
	struct lb_source first = { .window = bpf_ktime_get_coarse_ns() >> 30, .count = 1 };
	__u32 prefix4 = prefix;
	struct lb_source *source;

	if (v6)
		source = bpf_map_lookup_elem(&sources6, &prefix);
	else
		source = bpf_map_lookup_elem(&sources4, &prefix4);
	if (source)
		return over_limit(source, limit);
	if (v6)
		bpf_map_update_elem(&sources6, &prefix, &first, BPF_ANY);
	else
		bpf_map_update_elem(&sources4, &prefix4, &first, BPF_ANY);
	return false;
}

/*
 * Asked once for each new flow, with the source's prefix. A global function, as it
 * is off the fast path: the verifier walks it once.
 */
__noinline int guard(__u64 prefix, bool v6, bool syn)
{
	struct lb_settings *set = get_settings();
	__u32 zero = 0;
	struct lb_source *all;

	if (!set)
		return GUARD_OK;
	if (set->syn_rate && syn && source_over_limit(prefix, v6, set->syn_rate))
		return set->syn_action == LB_SYN_DROP ? GUARD_DROP : GUARD_BYPASS;
	if (!set->flow_rate)
		return GUARD_OK;
	all = bpf_map_lookup_elem(&pace, &zero);
	return all && over_limit(all, set->flow_rate) ? GUARD_BYPASS : GUARD_OK;
}

static __always_inline __u64 source_prefix(const struct flow_request *request, bool v6)
{
	if (v6)
		return (__u64)request->client[1] << 32 | request->client[0];
	return request->client[0] & bpf_htonl(0xffffff00);
}

#endif
