/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Shapes of what events.bpf.h sends. Addresses and ports are as in the packet,
 * everything else is in host byte order.
 *
 *   events          RINGBUF       262144  struct packet_event, 3640 of them
 *   event_counters  PERCPU_ARRAY  3       enum packet_event_counter -> u64
 */
#ifndef EVENTS_MAPS_H
#define EVENTS_MAPS_H

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

#endif
