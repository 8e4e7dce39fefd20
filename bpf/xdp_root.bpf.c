// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * xdp_root: the one program that is attached to an interface.
 *
 * Hook:      XDP (native or generic), by a pinned link
 * Maps:      chain (PROG_ARRAY, 8 slots), pinned beside the link
 * Kernel:    5.9 (XDP links)
 * In doubt:  passes the packet; an empty chain passes everything
 *
 * It never changes, so that the link never has to: programs come and go in the
 * slots of the chain (include/chain.bpf.h).
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "chain.bpf.h"

SEC("xdp")
int xdp_root(struct xdp_md *ctx)
{
	enter_slots(ctx, 0);
	return XDP_PASS;
}

char _license[] SEC("license")
= "Dual BSD/GPL";
