/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Counters in per-CPU arrays. A program runs with preemption of other XDP
 * programs on its CPU excluded, so plain adds are exact; the reader sums CPUs.
 */
#ifndef STATS_BPF_H
#define STATS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* Adds one to the 64-bit counter @index of the per-CPU array @map. */
static __always_inline void count(void *map, __u32 index)
{
	__u64 *counter = bpf_map_lookup_elem(map, &index);

	if (counter)
		*counter += 1;
}

#endif
