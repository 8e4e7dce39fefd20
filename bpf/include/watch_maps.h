/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Shapes of the maps of sock_latency and request_health; integers in host byte order
 * unless said otherwise.
 *
 *   histograms  PERCPU_ARRAY  64  enum latency_kind * 32 + bucket -> u64; bucket n holds
 *                                 2^n to 2^(n+1)-1 microseconds, the first one 0 as well
 *   sums        PERCPU_ARRAY  2   enum latency_kind -> u64 microseconds
 *   counters    PERCPU_ARRAY  4   enum latency_counter -> u64
 *   starts      SK_STORAGE        when the connection's SYN was sent (ns since boot)
 *
 *   listeners  LRU_PERCPU_HASH  1024  struct listen_address -> struct health
 *   requests   SK_STORAGE             struct open_request of a connection
 */
#ifndef WATCH_MAPS_H
#define WATCH_MAPS_H

#define LATENCY_BUCKETS 32

enum latency_kind {
	LATENCY_CONNECT = 0, /* SYN sent to connection established, client side */
	LATENCY_RTT,	     /* each smoothed round trip that TCP computes, both sides */
	LATENCY_KINDS
};

enum latency_counter {
	LATENCY_CONNECTED = 0,
	LATENCY_ACCEPTED,
	LATENCY_FAILED,	       /* refused, unreachable or timed out */
	LATENCY_RETRANSMITTED, /* segments */
	LATENCY_COUNTERS
};

#define MAX_LISTENERS 1024

/* Local address and port of a listening socket, as clients call it. */
struct listen_address {
	__u32 address[4]; /* network order; IPv4 in the first word */
	__u16 port;	  /* network order */
	__u8 family;	  /* 4 or 6 */
	__u8 zero;
};

struct health {
	__u64 requests;
	__u64 answers;
	__u64 waited;	  /* of the answers: those that came after a bare acknowledgement */
	__u64 wait_ns;	  /* how long these took */
	__u64 unanswered; /* connections closed while a request waited */
};

struct open_request {
	__u64 received; /* bytes of the connection at the last look */
	__u64 asked_at; /* ns since boot; 0: nothing waits */
};

#endif
