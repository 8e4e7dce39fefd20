/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The connection table of one CPU, in front of the shared one (flows4, flows6).
 *
 * A hit in a hash map touches two cache lines that are far apart, its bucket and
 * its element; with many flows both come from L3 or memory. Here a set of ways is
 * one line (IPv4) or two neighbouring ones (IPv6), found by index, and only this
 * CPU touches them. At 1,024 flows that halves the cost of a packet, at 65,536 it
 * saves a third (docs/benchmarks/bpf.md).
 *
 * It holds nothing that the shared table does not hold: a flow gets in with its
 * second packet, so that a flood of single packets leaves it alone, and what it
 * says is good for one window of 512 ticks (0.5 s at 1000 Hz, 2 s at 250 Hz). Then
 * the shared table is asked again, which also keeps the entry young there. What was
 * not asked for in the current window makes room first. An entry of the shared
 * table that gets another backend ends the window for all CPUs at once (`epoch`).
 */
#ifndef LB_CACHE_BPF_H
#define LB_CACHE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "lb_hash.bpf.h"
#include "lb_maps.h"
#include "lb_state.bpf.h"

#define CACHE_WINDOW_SHIFT 9

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LB_CACHE4_BLOCKS);
	__type(key, __u32);
	__type(value, struct lb_cache4_block);
} cache4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LB_CACHE6_BLOCKS);
	__type(key, __u32);
	__type(value, struct lb_cache6_block);
} cache6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} epoch SEC(".maps");

/* Entries of other windows are not believed. */
static __always_inline __u16 cache_window(void)
{
	__u32 zero = 0;
	__u32 *changes = bpf_map_lookup_elem(&epoch, &zero);

	return (bpf_jiffies64() >> CACHE_WINDOW_SHIFT) + (changes ? *changes : 0);
}

static __always_inline void end_window(void)
{
	__u32 zero = 0;
	__u32 *changes = bpf_map_lookup_elem(&epoch, &zero);

	if (changes)
		__sync_fetch_and_add(changes, 1);
}

/*
 * IPv4: the key has 64 bits and mix() is a bijection, so the set's number and the
 * bits above it are the whole key: nothing has to be compared besides. The low bits
 * of a way, which the set's number stands for, hold the real id + 1.
 */
#define CACHE4_SET_BITS 15
#define CACHE4_REAL	((1ULL << CACHE4_SET_BITS) - 1)

static __always_inline __u64 cache4_key(__u64 seed, const struct lb_flow4_key *key)
{
	return mix(seed ^ key->word);
}

static __always_inline struct lb_cache4_set *cache4_set(__u64 key)
{
	__u32 index = (key >> 8) & (LB_CACHE4_BLOCKS - 1);
	struct lb_cache4_block *block = bpf_map_lookup_elem(&cache4, &index);

	return block ? &block->set[key & (LB_CACHE4_SETS_PER_BLOCK - 1)] : NULL;
}

static __always_inline struct lb_real *cache4_find(__u64 key, __u16 window, __u32 *id)
{
	struct lb_cache4_set *set = cache4_set(key);

	if (!set)
		return NULL;
#pragma unroll
	for (int way = 0; way < LB_CACHE4_WAYS; way++) {
		if ((set->entry[way] ^ key) > CACHE4_REAL)
			continue;
		if (set->window[way] != window)
			return NULL;
		*id = (set->entry[way] & CACHE4_REAL) - 1;
		return get_real(*id, set->generation[way]);
	}
	return NULL;
}

/* Off the fast path: a function of its own keeps it out of the way. */
__noinline int cache4_fill(__u64 key, __u32 id, __u32 generation)
{
	struct lb_cache4_set *set = cache4_set(key);
	__u16 window = cache_window();
	/* Where all ways are in use, any one: the key's own bits choose, and do so evenly. */
	__u32 victim = (key >> 32) * LB_CACHE4_WAYS >> 32;

	if (!set)
		return 0;
#pragma unroll
	for (int way = LB_CACHE4_WAYS - 1; way >= 0; way--) {
		if (set->window[way] != window)
			victim = way;
	}
#pragma unroll
	for (int way = 0; way < LB_CACHE4_WAYS; way++) {
		if ((set->entry[way] ^ key) <= CACHE4_REAL)
			victim = way;
	}
	if (victim >= LB_CACHE4_WAYS)
		return 0;
	set->entry[victim] = (key & ~CACHE4_REAL) | (id + 1);
	set->generation[victim] = generation;
	set->window[victim] = window;
	return 0;
}

/* IPv6: the key is longer than a word, so it is kept and compared. */
static __always_inline struct lb_cache6_set *cache6_set(__u64 hash)
{
	__u32 index = (hash >> 7) & (LB_CACHE6_BLOCKS - 1);
	struct lb_cache6_block *block = bpf_map_lookup_elem(&cache6, &index);

	return block ? &block->set[hash & (LB_CACHE6_SETS_PER_BLOCK - 1)] : NULL;
}

static __always_inline bool cache6_is(const struct lb_cache6_way *way,
				      const struct lb_flow6_key *key)
{
	const __u64 *a = (const __u64 *)way->client, *b = (const __u64 *)key->client;

	return way->port_and_vip == key->port_and_vip && a[1] == b[1] && a[0] == b[0];
}

static __always_inline struct lb_real *cache6_find(__u64 hash, const struct lb_flow6_key *key,
						   __u16 window, __u32 *id)
{
	struct lb_cache6_set *set = cache6_set(hash);

	if (!set)
		return NULL;
#pragma unroll
	for (int i = 0; i < LB_CACHE6_WAYS; i++) {
		struct lb_cache6_way *way = &set->way[i];

		if (!cache6_is(way, key))
			continue;
		if (way->window != window)
			return NULL;
		*id = way->real;
		return get_real(*id, way->generation);
	}
	return NULL;
}

static __always_inline void cache6_fill(__u64 hash, const struct lb_flow6_key *key, __u32 id,
					__u16 generation)
{
	struct lb_cache6_set *set = cache6_set(hash);
	__u16 window = cache_window();
	__u32 victim = (hash >> 32) * LB_CACHE6_WAYS >> 32;

	if (!set)
		return;
#pragma unroll
	for (int i = LB_CACHE6_WAYS - 1; i >= 0; i--) {
		if (set->way[i].window != window)
			victim = i;
	}
#pragma unroll
	for (int i = 0; i < LB_CACHE6_WAYS; i++) {
		if (cache6_is(&set->way[i], key))
			victim = i;
	}
	if (victim >= LB_CACHE6_WAYS)
		return;
	__builtin_memcpy(set->way[victim].client, key->client, sizeof(key->client));
	set->way[victim].port_and_vip = key->port_and_vip;
	set->way[victim].real = id;
	set->way[victim].generation = generation;
	set->way[victim].window = window;
}

#endif
