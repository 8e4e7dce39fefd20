// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * xdp_conntrack: counts every TCP and UDP flow that enters an interface.
 *
 * Hook:      XDP, in a slot of the chain
 * Maps:      flows4, flows6, counters (include/conntrack_maps.h)
 * Kernel:    5.11 (coarse clock)
 * In doubt:  counts the reason and hands the packet on; it never drops or changes one
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "chain.bpf.h"
#include "flows.bpf.h"

SEC("xdp")
int xdp_conntrack(struct xdp_md *ctx)
{
	struct packet p = {};
	__u32 outcome = track_packet(&p, parse_packet(ctx, &p), false);

	count(&counters, outcome);
	return next_slot(ctx);
}

char _license[] SEC("license")
= "Dual BSD/GPL";
