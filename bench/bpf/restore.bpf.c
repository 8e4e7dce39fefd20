// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * For the benchmark: makes the packet anew, then calls the program under test.
 *
 * BPF_PROG_TEST_RUN does not restore the packet between its repeats, so repeating a
 * program that rewrites packets measures the wrong path from the second one on.
 * This undoes what the last repeat did to the head, writes the headers of the next
 * flow and tail-calls slot 0. The cost of this alone is the base that others are
 * compared with.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "chain.bpf.h"

/* 4 or 6: how much to copy and where the addresses are. */
const volatile __u32 family = 4;

#define HEAD4 64
#define HEAD6 80

struct plan {
	__u32 size;  /* of the frame */
	__u32 flows; /* clients to go through in turn */
	__u32 vips; /* consecutive destinations to go through in turn, a power of two; 0: the head's
		       own */
	__u32 next;
	__u8 head[HEAD6];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct plan);
} plans SEC(".maps");

SEC("xdp")
int restore(struct xdp_md *ctx)
{
	__u32 zero = 0, length = ctx->data_end - ctx->data, flow;
	struct plan *plan = bpf_map_lookup_elem(&plans, &zero);
	void *data, *end;

	if (!plan)
		return XDP_ABORTED;
	if (length != plan->size && bpf_xdp_adjust_head(ctx, (int)(length - plan->size)))
		return XDP_ABORTED;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	flow = plan->next;
	plan->next = flow + 1 >= plan->flows ? 0 : flow + 1;

	if (family == 4) {
		if (data + HEAD4 > end)
			return XDP_ABORTED;
		__builtin_memcpy(data, plan->head, HEAD4);
		*(__be32 *)(data + 26) = bpf_htonl(0x0a000000 + (flow & 0xffffff));
		*(__be16 *)(data + 34) = bpf_htons(1024 + (flow & 0x7fff));
		if (plan->vips)
			*(__be32 *)(data + 30) = bpf_htonl(0xc6130000 + (flow & (plan->vips - 1)));
	} else {
		if (data + HEAD6 > end)
			return XDP_ABORTED;
		__builtin_memcpy(data, plan->head, HEAD6);
		*(__be32 *)(data + 34) = bpf_htonl(flow & 0xffffff);
		*(__be16 *)(data + 54) = bpf_htons(1024 + (flow & 0x7fff));
	}
	bpf_tail_call_static(ctx, &chain, 0);
	return XDP_ABORTED;
}

char _license[] SEC("license")
= "Dual BSD/GPL";
