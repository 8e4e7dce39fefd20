// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * xdp_pass: passes every packet.
 *
 * Hook:      XDP, on the host's end of a node's veth
 * Maps:      none
 * Kernel:    4.19 (native XDP on veth)
 * In doubt:  passes the packet
 *
 * What a program on the node's end sends back with XDP_TX is put into the ring of the
 * host's end, and the kernel wakes the reader of that ring only when the host's end has
 * a program too (veth_xdp_flush in drivers/net/veth.c): with generic receive offload
 * alone the packets wait for the next ordinary one, for seconds.
 *
 * No headers: it is compiled by whoever makes a machine, with nothing but clang.
 */
struct xdp_md;

/* enum xdp_action of linux/bpf.h */
#define XDP_PASS 2

__attribute__((section("xdp"), used)) int xdp_pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char LICENSE[] __attribute__((section("license"), used)) = "Dual BSD/GPL";
