// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * syscall_count: how often each system call is entered on this kernel.
 *
 * Hook:      raw_tp sys_enter (syscall_count), or the tracepoint raw_syscalls/sys_enter or
 *            one of syscalls/sys_enter_* (syscall_count_one)
 * Maps:      calls, see below
 * Kernel:    4.17 raw, 5.15 for the pinned link of a normal tracepoint
 * In doubt:  counts a number it does not know under the last index
 *
 *   calls  PERCPU_ARRAY  513  number of the call -> u64; 512: any other number
 *
 * The raw tracepoint needs no tracefs and is the cheaper one; the normal one can be
 * attached to a single call, so that all the others cost nothing.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "stats.bpf.h"

#define MAX_CALLS 512

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_CALLS + 1);
	__type(key, __u32);
	__type(value, __u64);
} calls SEC(".maps");

static __always_inline int count_call(__u64 number)
{
	count(&calls, number < MAX_CALLS ? number : MAX_CALLS);
	return 0;
}

/* Arguments: struct pt_regs *, long number. */
SEC("raw_tp")
int syscall_count(struct bpf_raw_tracepoint_args *ctx)
{
	return count_call(ctx->args[1]);
}

SEC("tracepoint")
int syscall_count_one(struct syscall_trace_enter *ctx)
{
	return count_call((__u32)ctx->nr);
}

char _license[] SEC("license")
= "Dual BSD/GPL";
