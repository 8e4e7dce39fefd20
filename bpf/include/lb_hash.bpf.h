/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The flow hash of xdp_lb. It depends on the client's address and port and on the
 * seed only, so that every balancer with the same rings and seed chooses alike,
 * and an ICMP error, which quotes the client as destination, goes the same way.
 *
 * mix() is the finaliser of splitmix64 (Steele, Lea, Flood, OOPSLA 2014): two
 * multiplications, every input bit changes every output bit with p = 1/2 +- 1 %.
 */
#ifndef LB_HASH_BPF_H
#define LB_HASH_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "lb_maps.h"

static __always_inline __u64 mix(__u64 x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static __always_inline __u64 flow_hash4(__u64 seed, __u32 client, __u16 port)
{
	return mix(seed ^ ((__u64)port << 32 | client));
}

static __always_inline __u64 flow_hash6(__u64 seed, const __u32 *client, __u16 port)
{
	__u64 high = (__u64)client[1] << 32 | client[0];
	__u64 low = (__u64)client[3] << 32 | client[2];
	__u64 x = (seed ^ high) * 0x9e3779b97f4a7c15ULL;

	return mix((x ^ (x >> 32)) + low + ((__u64)port << 48));
}

/* The slot of the ring: a multiplication, where a remainder would cost a division. */
static __always_inline __u32 ring_slot(__u64 hash)
{
	return (__u64)(__u32)hash * LB_RING_SIZE >> 32;
}

/* 0 to 9999, independent of the slot: a flow is in a split when this is below its dose. */
static __always_inline __u32 split_rank(__u64 hash)
{
	return (hash >> 32) * 10000 >> 32;
}

#endif
