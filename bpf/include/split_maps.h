/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Shapes of the maps of xdp_split: the contract between the data plane and the
 * loader (bpf/loader/split.c), which is their only writer beside it.
 *
 * Addresses and ports lie in memory as in the packet (network order), every other
 * integer is in the host's byte order. Bytes called `zero` must be zero.
 *
 *   name     type          entries  key -> value                              writer
 *   chain    PROG_ARRAY          8  enum split_arm -> program                 loader
 *   share    ARRAY               1  0 -> struct split_share                      "
 *   flows    LRU_HASH        65536  struct split_flow_key -> struct split_flow  data plane
 *   packets  PERCPU_ARRAY        2  enum split_arm -> u64 packets                "
 */
#ifndef SPLIT_MAPS_H
#define SPLIT_MAPS_H

#define SPLIT_MAX_FLOWS 65536
/* A dose is a part of so many. */
#define SPLIT_WHOLE 10000

enum split_arm {
	SPLIT_STABLE = 0,
	SPLIT_CANDIDATE = 1,
	SPLIT_ARMS,
};

/*
 * The candidate's share of new flows. Dose 0 and a lease that has run out give every
 * packet back to the stable program; so does another generation to the flows of
 * earlier ones, so that a brake is not undone by the next dose.
 */
struct split_share {
	__u32 dose; /* 0 to SPLIT_WHOLE */
	__u32 generation;
	__u64 lease; /* nanoseconds since boot (CLOCK_MONOTONIC) until which the share holds */
};

struct split_flow_key {
	__u32 client[4]; /* IPv4: the first word */
	__u32 server[4];
	__u16 client_port;
	__u16 server_port;
	__u8 proto;
	__u8 zero[3];
};

struct split_flow {
	__u32 arm;
	__u32 generation;
};

#endif
