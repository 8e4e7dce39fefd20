/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Packet events of XDP and TC programs: every n-th verdict, for somebody to look at.
 *
 *   events          RINGBUF       262144  struct packet_event, 3640 of them
 *   event_counters  PERCPU_ARRAY  3       enum packet_event_counter -> u64
 *
 * A full buffer never holds a packet up: the event is lost, and counted as lost.
 * Addresses and ports are as in the packet, everything else in host byte order.
 * Kernel 5.8 (ring buffers).
 */
#ifndef EVENTS_BPF_H
#define EVENTS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "parse.bpf.h"
#include "stats.bpf.h"

#define EVENT_BYTES (256 * 1024)

enum event_hook {
	EVENT_XDP = 1,
	EVENT_TC_INGRESS = 2,
	EVENT_TC_EGRESS = 3,
};

/* 64 bytes */
struct packet_event {
	__u64 time; /* nanoseconds since boot (CLOCK_MONOTONIC) */
	__u32 ifindex;
	__u32 length;	 /* IP bytes; 0 when the packet is not IP */
	__u32 sample;	 /* this event stands for so many */
	__u8 hook;	 /* enum event_hook */
	__u8 verdict;	 /* XDP_* or TC_ACT_* */
	__u8 reason;	 /* the program's own */
	__u8 proto;	 /* transport protocol */
	__u32 source[4]; /* IPv4 in the first word */
	__u32 dest[4];
	__be16 source_port; /* 0 without TCP or UDP */
	__be16 dest_port;
	__u8 family; /* 4, 6, or 0 */
	__u8 flags;  /* TCP flags */
	__u16 zero;
};

enum packet_event_counter {
	EVENT_SEEN = 0, /* verdicts that could have been an event */
	EVENT_SENT,
	EVENT_LOST, /* the buffer was full */
	EVENT_COUNTERS
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, EVENT_BYTES);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EVENT_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} event_counters SEC(".maps");

/* True for every @sample-th call on a CPU; never with 0. */
static __always_inline bool is_sampled(__u32 sample)
{
	__u32 index = EVENT_SEEN;
	__u64 *seen;

	if (!sample)
		return false;
	seen = bpf_map_lookup_elem(&event_counters, &index);
	return seen && (*seen)++ % sample == 0;
}

/* Fills in what the headers say; ports only where the whole transport header is there. */
static __always_inline void describe(struct packet_event *event, struct packet *p)
{
	struct ports ports = {};

	event->length = p->ip_len;
	event->proto = p->proto;
	if (p->fragment != FRAGMENT_LATER && parse_ports(p, &ports) == PARSE_OK) {
		event->source_port = ports.source;
		event->dest_port = ports.dest;
		event->flags = ports.flags;
	}
	if (p->ethertype == ETH_P_IP) {
		struct iphdr *ip = p->l3;

		if ((void *)(ip + 1) > p->end)
			return;
		event->family = 4;
		event->source[0] = ip->saddr;
		event->dest[0] = ip->daddr;
	} else if (p->ethertype == ETH_P_IPV6) {
		struct ipv6hdr *ip = p->l3;

		if ((void *)(ip + 1) > p->end)
			return;
		event->family = 6;
		__builtin_memcpy(event->source, &ip->saddr, sizeof(event->source));
		__builtin_memcpy(event->dest, &ip->daddr, sizeof(event->dest));
	}
}

/* Sends one event. @event has hook, verdict, reason and what describe() found. */
static __always_inline void send_event(struct packet_event *event, __u32 ifindex, __u32 sample)
{
	event->time = bpf_ktime_get_ns();
	event->ifindex = ifindex;
	event->sample = sample;
	if (bpf_ringbuf_output(&events, event, sizeof(*event), 0))
		count(&event_counters, EVENT_LOST);
	else
		count(&event_counters, EVENT_SENT);
}

#endif
