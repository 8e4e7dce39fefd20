// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * xdp_lb at the ingress of TC, to compare the two hooks for one job: the same code reads
 * and writes the headers of an sk_buff. Modes dsr-l2 and nat; dsr-ipip would need room
 * that is made in another way there.
 *
 * Hook:      tc ingress
 * Maps:      those of xdp_lb
 * Kernel:    as xdp_lb, and 6.6 for tcx
 * In doubt:  lets the packet go on
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define xdp_md			    __sk_buff
#define bpf_xdp_adjust_head(ctx, n) (-1)
#include "../../bpf/xdp_lb.bpf.c"

/* linux/pkt_cls.h */
#define TC_ACT_OK   0
#define TC_ACT_SHOT 2
#define LONGEST	    128

SEC("tc")
int tc_lb(struct __sk_buff *skb)
{
	int result;

	bpf_skb_pull_data(skb, skb->len < LONGEST ? skb->len : LONGEST);
	result = handle(skb);
	if (result == LB_SENT)
		return bpf_redirect(skb->ifindex, 0);
	count(&reasons, result);
	return result >= LB_DROP_NO_BACKEND ? TC_ACT_SHOT : TC_ACT_OK;
}
