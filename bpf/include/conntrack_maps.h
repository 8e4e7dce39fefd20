/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Shapes of the maps of xdp_conntrack and tc_flow. Addresses and ports are in network byte
 * order as in the packet; every counter is in the host's byte order.
 *
 *   flows4    LRU_PERCPU_HASH  65536  struct flow4_key -> struct flow_value for each CPU
 *   flows6    LRU_PERCPU_HASH  65536  struct flow6_key -> struct flow_value for each CPU
 *   counters  PERCPU_ARRAY     8      enum conntrack_counter -> u64 packets
 *
 * A flow is one direction as it enters the interface. Each CPU keeps its own
 * numbers: a reader adds packets and bytes, takes the latest `last_seen`, and of
 * the states the latest that is a turn (SYN, FIN, RST), because a packet of the
 * same connection reaches any CPU; flow_sum() in loader/flows.c does it. A CPU that
 * never saw the flow holds zeros.
 */
#ifndef CONNTRACK_MAPS_H
#define CONNTRACK_MAPS_H

#define CONNTRACK_MAX_FLOWS 65536

struct flow4_key {
	__u32 source; /* network order */
	__u32 dest;
	__u32 ports; /* as in the packet: source, then destination */
	__u32 proto; /* 6 TCP, 17 UDP; tc_flow: any other too, with ports 0 */
};

struct flow6_key {
	__u32 source[4];
	__u32 dest[4];
	__u32 ports;
	__u32 proto;
};

/* What this direction's packets say about a TCP connection; others are NEW, then ESTABLISHED. */
enum flow_state {
	FLOW_UNSEEN = 0,
	FLOW_NEW = 1,	      /* SYN, or the first datagram */
	FLOW_ANSWERED = 2,    /* SYN and ACK */
	FLOW_ESTABLISHED = 3, /* ACK without SYN, or a second datagram */
	FLOW_CLOSING = 4,     /* FIN */
	FLOW_RESET = 5,	      /* RST */
};

struct flow_value {
	__u64 packets;
	__u64 bytes;	  /* IP bytes, without Ethernet */
	__u64 first_seen; /* nanoseconds since boot (CLOCK_MONOTONIC, coarse) */
	__u64 last_seen;
	__u32 state; /* enum flow_state */
	__u32 flags; /* all TCP flags seen, ored */
};

enum conntrack_counter {
	COUNT_TRACKED = 0, /* packets of a flow in the table */
	COUNT_NEW,	   /* flows entered into the table */
	COUNT_FULL,	   /* flows the table refused */
	COUNT_FRAGMENT,	   /* later fragments: no ports, not tracked */
	COUNT_OTHER,	   /* IP, but neither TCP nor UDP */
	COUNT_NOT_IP,
	COUNT_MALFORMED,
	COUNT_UNSUPPORTED,
	COUNTERS
};

#endif
