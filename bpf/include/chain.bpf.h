/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The chain of XDP programs on one interface.
 *
 * xdp_root is attached once and walks the program array from slot 0; every
 * program ends its pass path with `return next_slot(ctx);`, which goes on to the
 * next occupied slot and passes the packet where there is none. Replacing a
 * program is one update of its slot: no packet is lost and no link changes.
 *
 * The loader gives every program the interface's own pinned array in place of
 * `chain`, and sets `slot` before the load.
 *
 * The indices are constants, so the x86 and arm64 JITs patch a direct jump into
 * the program at each update: an empty slot costs a no-op, an occupied one no
 * retpoline (kernel commit 428d5df1fa4f, 5.5).
 */
#ifndef CHAIN_BPF_H
#define CHAIN_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define CHAIN_SLOTS 8

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, CHAIN_SLOTS);
	__type(key, __u32);
	__type(value, __u32);
} chain SEC(".maps");

/* The slot this program sits in, 0 to 7; set by the loader. */
const volatile __u32 slot = 0;

/* Tries the slots from @first on; comes back only when all of them are empty. */
static __always_inline void enter_slots(struct xdp_md *ctx, __u32 first)
{
	/* `slot` is frozen when the verifier runs: the skipped calls leave no code behind. */
#define ENTER(index)                                                                               \
	if (index >= first)                                                                        \
	bpf_tail_call_static(ctx, &chain, index)
	ENTER(0);
	ENTER(1);
	ENTER(2);
	ENTER(3);
	ENTER(4);
	ENTER(5);
	ENTER(6);
	ENTER(7);
#undef ENTER
}

/* The end of every program's pass path: the verdict of the rest of the chain. */
static __always_inline int next_slot(struct xdp_md *ctx)
{
	enter_slots(ctx, slot + 1);
	return XDP_PASS;
}

#endif
