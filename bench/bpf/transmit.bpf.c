// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* For the benchmark: the least a program under test can do. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("xdp")
int transmit(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_TX;
}

char _license[] SEC("license")
= "Dual BSD/GPL";
