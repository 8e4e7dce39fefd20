// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * sock_latency: how long TCP connections of a cgroup take to come about, and their round
 * trips, as histograms.
 *
 * Hook:      sock_ops, at a cgroup (version 2)
 * Maps:      histograms, sums, counters, starts (include/watch_maps.h)
 * Kernel:    5.10 (socket storage from sock_ops)
 * In doubt:  leaves the connection out; it never changes one
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "stats.bpf.h"
#include "watch_maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LATENCY_KINDS *LATENCY_BUCKETS);
	__type(key, __u32);
	__type(value, __u64);
} histograms SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LATENCY_KINDS);
	__type(key, __u32);
	__type(value, __u64);
} sums SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LATENCY_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} starts SEC(".maps");

/* Position of the highest bit set, 0 for 0; in steps, as BPF has no instruction for it. */
static __always_inline __u32 log2(__u32 value)
{
	__u32 bits = 0;

#define STEP(width)                                                                                \
	if (value >> width) {                                                                      \
		value >>= width;                                                                   \
		bits += width;                                                                     \
	}
	STEP(16)
	STEP(8)
	STEP(4)
	STEP(2)
	STEP(1)
#undef STEP
	return bits;
}

static __always_inline void enter(__u32 kind, __u64 microseconds)
{
	__u32 value = microseconds > 0xffffffff ? 0xffffffff : microseconds;
	__u64 *sum = bpf_map_lookup_elem(&sums, &kind);

	count(&histograms, kind * LATENCY_BUCKETS + log2(value));
	if (sum)
		*sum += microseconds;
}

static __always_inline void started(struct bpf_sock_ops *ops)
{
	struct bpf_sock *sk = ops->sk;
	__u64 *start;

	if (!sk)
		return;
	start = bpf_sk_storage_get(&starts, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (start)
		*start = bpf_ktime_get_ns();
	/* The way from SYN_SENT to CLOSE is a connection that failed. */
	bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG);
}

static __always_inline void established(struct bpf_sock_ops *ops, bool active)
{
	struct bpf_sock *sk = ops->sk;
	__u64 *start = active && sk ? bpf_sk_storage_get(&starts, sk, NULL, 0) : NULL;

	count(&counters, active ? LATENCY_CONNECTED : LATENCY_ACCEPTED);
	if (start) {
		enter(LATENCY_CONNECT, (bpf_ktime_get_ns() - *start) / 1000);
		bpf_sk_storage_delete(&starts, sk);
	}
	bpf_sock_ops_cb_flags_set(ops, BPF_SOCK_OPS_RTT_CB_FLAG | BPF_SOCK_OPS_RETRANS_CB_FLAG);
}

SEC("sockops")
int sock_latency(struct bpf_sock_ops *ops)
{
	switch (ops->op) {
	case BPF_SOCK_OPS_TCP_CONNECT_CB:
		started(ops);
		break;
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
		established(ops, true);
		break;
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		established(ops, false);
		break;
	case BPF_SOCK_OPS_RTT_CB:
		/* TCP keeps eight times the smoothed round trip. */
		enter(LATENCY_RTT, ops->srtt_us >> 3);
		break;
	case BPF_SOCK_OPS_RETRANS_CB:
		count(&counters, LATENCY_RETRANSMITTED);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		if (ops->args[0] == BPF_TCP_SYN_SENT && ops->args[1] == BPF_TCP_CLOSE)
			count(&counters, LATENCY_FAILED);
		break;
	}
	return 1;
}

char _license[] SEC("license")
= "Dual BSD/GPL";
