/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The table of flows that xdp_conntrack and tc_flow keep: what a packet adds to it.
 *
 * The tables are LRU: when they are full the flow that was idle longest makes
 * room, where a plain hash would refuse every new flow.
 */
#ifndef FLOWS_BPF_H
#define FLOWS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "conntrack_maps.h"
#include "parse.bpf.h"
#include "stats.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, CONNTRACK_MAX_FLOWS);
	__type(key, struct flow4_key);
	__type(value, struct flow_value);
} flows4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, CONNTRACK_MAX_FLOWS);
	__type(key, struct flow6_key);
	__type(value, struct flow_value);
} flows6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

static __always_inline __u32 next_state(__u32 state, __u8 proto, __u8 flags)
{
	if (proto != IPPROTO_TCP)
		return state == FLOW_UNSEEN ? FLOW_NEW : FLOW_ESTABLISHED;
	if (flags & TCP_RST)
		return FLOW_RESET;
	if (flags & TCP_SYN)
		return flags & TCP_ACK ? FLOW_ANSWERED : FLOW_NEW;
	if (flags & TCP_FIN)
		return FLOW_CLOSING;
	/* The last ACK of a closed connection does not open it again. */
	return state < FLOW_CLOSING ? FLOW_ESTABLISHED : state;
}

/* Enters a flow that the table does not hold. */
static __always_inline void insert(void *map, void *key, struct packet *p, __u8 flags)
{
	struct flow_value value = {
		.packets = 1,
		.bytes = p->ip_len,
		.state = next_state(FLOW_UNSEEN, p->proto, flags),
		.flags = flags,
	};

	value.first_seen = bpf_ktime_get_coarse_ns();
	value.last_seen = value.first_seen;
	if (bpf_map_update_elem(map, key, &value, BPF_ANY))
		count(&counters, COUNT_FULL);
	else
		count(&counters, COUNT_NEW);
}

static __always_inline void track(void *map, void *key, struct packet *p, __u8 flags)
{
	struct flow_value *value = bpf_map_lookup_elem(map, key);

	if (!value) {
		insert(map, key, p, flags);
		return;
	}
	value->packets += 1;
	value->bytes += p->ip_len;
	value->last_seen = bpf_ktime_get_coarse_ns();
	/* Another CPU entered the flow: this one's numbers start here. */
	if (!value->first_seen)
		value->first_seen = value->last_seen;
	value->state = next_state(value->state, p->proto, flags);
	value->flags |= flags;
}

/*
 * Enters a packet that parse_packet() judged as @result. What has no ports is a flow by
 * its addresses and protocol with @portless, else counted only. Returns the counter that
 * tells what became of the packet.
 */
static __always_inline __u32 track_packet(struct packet *p, int result, bool portless)
{
	bool transport = p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP;
	struct ports ports = {};

	if (result == PARSE_OK && p->fragment == FRAGMENT_LATER)
		return COUNT_FRAGMENT;
	if (result == PARSE_OK && !transport && !portless)
		return COUNT_OTHER;
	if (result == PARSE_OK && transport)
		result = parse_ports(p, &ports);
	if (result == PARSE_NOT_IP)
		return COUNT_NOT_IP;
	if (result == PARSE_UNSUPPORTED)
		return COUNT_UNSUPPORTED;
	if (result != PARSE_OK)
		return COUNT_MALFORMED;

	if (p->ethertype == ETH_P_IP) {
		struct iphdr *ip = p->l3;
		struct flow4_key key = {
			.source = ip->saddr,
			.dest = ip->daddr,
			.ports = ports.both,
			.proto = p->proto,
		};

		track(&flows4, &key, p, ports.flags);
	} else {
		struct ipv6hdr *ip = p->l3;
		struct flow6_key key = {
			.ports = ports.both,
			.proto = p->proto,
		};

		__builtin_memcpy(key.source, &ip->saddr, sizeof(key.source));
		__builtin_memcpy(key.dest, &ip->daddr, sizeof(key.dest));
		track(&flows6, &key, p, ports.flags);
	}
	return COUNT_TRACKED;
}

#endif
