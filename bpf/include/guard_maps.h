/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Shapes of the maps of xdp_guard; lib/src/guard-maps.ts writes the first three.
 * Addresses are in network order, everything else in host byte order.
 *
 *   settings    ARRAY         1      u32 -> struct guard_settings
 *   deny4       LPM_TRIE      16384  struct guard_prefix4 -> u32 rule
 *   deny6       LPM_TRIE      16384  struct guard_prefix6 -> u32 rule
 *   rule_hits   PERCPU_ARRAY  16384  u32 rule -> u64 packets
 *   sources4    LRU_HASH      65536  u32 address -> struct guard_source
 *   sources6    LRU_HASH      65536  u64 /64 -> struct guard_source
 *   reasons     PERCPU_ARRAY  9      enum guard_reason -> struct guard_count
 *
 * plus `events` and `event_counters` of events.bpf.h. In an event, `reason` is an
 * enum guard_reason.
 */
#ifndef GUARD_MAPS_H
#define GUARD_MAPS_H

#define GUARD_MAX_RULES	  16384
#define GUARD_MAX_SOURCES 65536

/* A source may send this much of its rate at once. */
#ifndef GUARD_BURST_NS
#define GUARD_BURST_NS 1000000000ULL
#endif

enum guard_mode {
	GUARD_MODE_COUNT = 0, /* everything passes, what would be dropped is counted */
	GUARD_MODE_DROP = 1,
};

struct guard_settings {
	__u64 packet_interval; /* ns from packet to packet of one source at its rate; 0: no limit */
	__u64 query_interval;  /* the same for DNS queries */
	__u32 mode;	       /* enum guard_mode */
	__u32 label_max;       /* longest label of a DNS name, 1 to 63; 0: any */
	__u32 sample;	       /* every n-th match becomes an event; 0: none */
	__u32 deny;	       /* bit 0: deny4 has entries, bit 1: deny6 has */
};

#define GUARD_DENY4 1
#define GUARD_DENY6 2

struct guard_prefix4 {
	__u32 length; /* bits */
	__u32 address;
};

struct guard_prefix6 {
	__u32 length;
	__u32 address[4];
};

/* When the next packet and the next query of a source are due (GCRA; ns since boot). */
struct guard_source {
	__u64 packet_due;
	__u64 query_due;
};

/* What became of a packet. From GUARD_DENIED on it matched a rule. */
enum guard_reason {
	GUARD_PASSED = 0,
	GUARD_NOT_IP,
	GUARD_MALFORMED,     /* passed: the kernel judges it */
	GUARD_UNSUPPORTED,   /* passed, after the rules about its source */
	GUARD_DNS_MALFORMED, /* passed, after the rule about its rate: no name can be read */
	GUARD_DENIED,	     /* the source is in deny4 or deny6 */
	GUARD_SOURCE_RATE,
	GUARD_DNS_RATE,
	GUARD_DNS_LABEL,
	GUARD_REASONS
};

struct guard_count {
	__u64 packets;
	__u64 bytes;   /* of IP packets, 0 where the length is not known */
	__u64 dropped; /* packets */
};

#endif
