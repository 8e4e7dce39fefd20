/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The maps of xdp_lb; their shapes and rules are in lb_maps.h. */
#ifndef LB_STATE_BPF_H
#define LB_STATE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "lb_maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lb_settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LB_MAX_VIP_KEYS);
	__type(key, struct lb_vip4_key);
	__type(value, struct lb_vip);
} vips4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LB_MAX_VIP_KEYS);
	__type(key, struct lb_vip6_key);
	__type(value, struct lb_vip);
} vips6 SEC(".maps");

/* Sizes instead of types: clang leaves the types of an inner map out of the BTF. */
struct ring_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct lb_ring));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, LB_MAX_RINGS);
	__uint(key_size, sizeof(__u32));
	__array(values, struct ring_map);
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, LB_MAX_RINGS);
	__uint(key_size, sizeof(__u32));
	__array(values, struct ring_map);
} detours SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LB_MAX_REALS);
	__type(key, __u32);
	__type(value, struct lb_real);
} reals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LB_MAX_REALS);
	__type(key, __u32);
	__type(value, __u8);
} health SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LB_MAX_SERVER_IDS);
	__type(key, struct lb_server_key);
	__type(value, __u32);
} server_ids SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LB_MAX_VIPS);
	__type(key, __u32);
	__type(value, struct lb_split);
} splits SEC(".maps");

/*
 * BPF_F_NO_COMMON_LRU: every possible CPU has an LRU list of its own, so CPUs do
 * not fight for a lock when flows are new, while the hash is shared, so a flow
 * whose packets move to another CPU is still found, without a second lookup.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(map_flags, BPF_F_NO_COMMON_LRU);
	__uint(max_entries, LB_MAX_FLOWS4);
	__type(key, struct lb_flow4_key);
	__type(value, struct lb_flow);
} flows4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(map_flags, BPF_F_NO_COMMON_LRU);
	__uint(max_entries, LB_MAX_FLOWS6);
	__type(key, struct lb_flow6_key);
	__type(value, struct lb_flow);
} flows6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LB_MAX_NAT);
	__type(key, struct lb_nat4_key);
	__type(value, struct lb_nat);
} nat4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LB_MAX_NAT);
	__type(key, struct lb_nat6_key);
	__type(value, struct lb_nat);
} nat6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LB_MAX_VIPS);
	__type(key, __u32);
	__type(value, struct lb_vip_stats);
} vip_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LB_MAX_REALS);
	__type(key, __u32);
	__type(value, struct lb_real_stats);
} real_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LB_REASONS);
	__type(key, __u32);
	__type(value, __u64);
} reasons SEC(".maps");

static __always_inline struct lb_settings *get_settings(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&settings, &zero);
}

/* A real that may get packets: up, healthy, and still the one that @generation meant (-1: any). */
static __always_inline struct lb_real *get_real(__u32 index, __s32 generation)
{
	struct lb_real *real = bpf_map_lookup_elem(&reals, &index);
	__u8 *found;

	if (!real || real->state != LB_UP)
		return NULL;
	found = bpf_map_lookup_elem(&health, &index);
	if (found && *found == LB_SICK)
		return NULL;
	if (generation >= 0 && real->generation != generation)
		return NULL;
	return real;
}

#endif
