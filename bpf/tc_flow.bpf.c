// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * tc_flow: a log of the flows through one direction of an interface, and a sample of
 * their packets as events.
 *
 * Hook:      tcx: tc_flow at ingress, tc_flow_egress at egress
 * Maps:      flows4, flows6, counters (include/conntrack_maps.h), events,
 *            event_counters (include/events.bpf.h)
 * Kernel:    6.6 (tcx); 5.11 for everything else
 * In doubt:  counts the reason and lets the packet go on; it never drops or changes one
 *
 * The same table as xdp_conntrack's, with two differences: what has no ports (ICMP, ESP,
 * ...) is a flow by its addresses and protocol, and a packet that the kernel will cut into
 * segments, or has put together of several, counts once with all its bytes.
 */
#define PARSE_SKB
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "events.bpf.h"
#include "flows.bpf.h"

/* linux/pkt_cls.h; what becomes of a packet when no program of the interface objects. */
#define TC_ACT_OK 0

/* tcx: the next program of the interface decides (enum tcx_action_base, kernel 6.6). */
#define TCX_NEXT (-1)

/* Ethernet, two VLAN tags, IPv6 with four usual extension headers, TCP. */
#define HEADER_BYTES 256

/* Every n-th packet becomes an event; 0: none. */
const volatile __u32 sample = 0;

static __always_inline int log_packet(struct __sk_buff *skb, __u8 hook)
{
	struct packet_event event = { .hook = hook };
	struct packet p = {};
	__u32 outcome;

	/* Headers may lie outside of what can be read; a failure leaves them there. */
	bpf_skb_pull_data(skb, skb->len < HEADER_BYTES ? skb->len : HEADER_BYTES);
	outcome = track_packet(&p, parse_packet(skb, &p), true);
	count(&counters, outcome);
	if (outcome != COUNT_NOT_IP && is_sampled(sample)) {
		event.verdict = TC_ACT_OK;
		event.reason = outcome;
		describe(&event, &p);
		send_event(&event, skb->ifindex, sample);
	}
	return TCX_NEXT;
}

SEC("tc")
int tc_flow(struct __sk_buff *skb)
{
	return log_packet(skb, EVENT_TC_INGRESS);
}

SEC("tc")
int tc_flow_egress(struct __sk_buff *skb)
{
	return log_packet(skb, EVENT_TC_EGRESS);
}

char _license[] SEC("license")
= "Dual BSD/GPL";
