/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Packet events of XDP and TC programs: every n-th verdict, for somebody to look at.
 * Shapes and maps are in events_maps.h.
 *
 * A full buffer never holds a packet up: the event is lost, and counted as lost.
 * Kernel 5.8 (ring buffers).
 */
#ifndef EVENTS_BPF_H
#define EVENTS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "events_maps.h"
#include "parse.bpf.h"
#include "stats.bpf.h"

#define EVENT_BYTES (256 * 1024)

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
