// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* For the benchmark: a program of the chain that only goes on to the next slot. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "chain.bpf.h"

SEC("xdp")
int hop(struct xdp_md *ctx)
{
	return next_slot(ctx);
}

char _license[] SEC("license")
= "Dual BSD/GPL";
