/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Shapes of the maps of xdp_lb: the contract between the data plane and
 * lib/src/lb-maps.ts, which writes them.
 *
 * Byte order: addresses, ports and MAC addresses lie in memory as in the packet
 * (network order); every other integer is in the host's byte order. Bytes called
 * `zero` must be zero, because keys are compared as bytes.
 *
 *   name        type            entries  key -> value                      writer
 *   settings    ARRAY                 1  0 -> struct lb_settings           control plane
 *   vips4       HASH               4096  struct lb_vip4_key -> struct lb_vip     "
 *   vips6       HASH               4096  struct lb_vip6_key -> struct lb_vip     "
 *   rings       ARRAY_OF_MAPS      1024  ring id -> ARRAY[1] of struct lb_ring   "
 *   reals       ARRAY              8192  real id -> struct lb_real               "
 *   server_ids  HASH              16384  struct lb_server_key -> u32 real id      "
 *   health      ARRAY              8192  real id -> u8 enum lb_health      health checks
 *   detours     ARRAY_OF_MAPS      1024  ring id -> ARRAY[1] of struct lb_ring   "
 *   splits      ARRAY              1024  VIP index -> struct lb_split      traffic split
 *   cache4      PERCPU_ARRAY        128  block -> struct lb_cache4_block             "
 *   cache6      PERCPU_ARRAY        128  block -> struct lb_cache6_block             "
 *   epoch       ARRAY                 1  0 -> u32 changes of flows                   "
 *   flows4      LRU_HASH         262144  struct lb_flow4_key -> struct lb_flow   data plane
 *   flows6      LRU_HASH         131072  struct lb_flow6_key -> struct lb_flow       "
 *   nat4        LRU_HASH          65536  struct lb_nat4_key -> struct lb_nat         "
 *   nat6        LRU_HASH          65536  struct lb_nat6_key -> struct lb_nat         "
 *   sources4    LRU_HASH          16384  u32 /24 prefix -> struct lb_source          "
 *   sources6    LRU_HASH          16384  u64 /64 prefix -> struct lb_source          "
 *   pace        PERCPU_ARRAY          1  0 -> struct lb_source                       "
 *   vip_stats   PERCPU_ARRAY       1024  VIP index -> struct lb_vip_stats            "
 *   real_stats  PERCPU_ARRAY       8192  real id -> struct lb_real_stats             "
 *   reasons     PERCPU_ARRAY         14  enum lb_reason -> u64 packets               "
 *
 * Rules for the writer
 *  - A VIP index and a real id each belong to one VIP. A real id that is given to
 *    another backend must get another `generation`: established flows remember
 *    both, so a flow never reaches a backend that only inherited the number.
 *  - Order of a change: reals, then rings, then VIPs; on removal the reverse.
 *  - A backend that must go at once (dead) gets state LB_DOWN: its flows choose
 *    anew with their next packet. A backend that drains stays LB_UP and is left
 *    out of the ring: it keeps its flows and gets no new ones.
 *  - A backend that fails its checks is LB_SICK, whatever its state: what is wanted
 *    and what is found have writers of their own. A ring's detour is the same ring
 *    with other backends in the slots of sick ones, and is asked for those only.
 *    Order: the detour, then the health; a detour without sick backends is removed.
 *  - For each address and protocol one entry with port 0 names the VIP that takes
 *    the fragments, which have no ports.
 */
#ifndef LB_MAPS_H
#define LB_MAPS_H

#define LB_MAX_VIPS 1024
/* Two entries a VIP, and room to spare: a hash as full as it can be has long chains. */
#define LB_MAX_VIP_KEYS 4096
#define LB_MAX_RINGS	1024
/* The ring of a VIP's candidate backends, counted from the end: VIPs and candidates have 1024
 * together. */
#define LB_CANDIDATE_RING(vip) (LB_MAX_RINGS - 1 - (vip))
#define LB_MAX_REALS	       8192
#define LB_MAX_FLOWS4	       262144
#define LB_MAX_FLOWS6	       131072
#define LB_MAX_NAT	       65536
#define LB_MAX_SOURCES	       16384
#define LB_MAX_SERVER_IDS      16384

/* Prime, and more than 100 times 600 backends (Maglev, NSDI 2016, section 5.3). */
#define LB_RING_SIZE 65537
#define LB_NO_REAL   0xffff

struct lb_settings {
	__u64 hash_seed;  /* equal on every balancer of one VIP */
	__u32 tunnel4;	  /* source of outer IPv4 headers */
	__u32 tunnel6[4]; /* source of outer IPv6 headers */
	__u32 udp_idle;	  /* seconds after which a UDP flow chooses anew; 0 = never */
	__u32 flow_rate;  /* new flows per second and CPU above which none enters the table; 0 = no
			     limit */
	__u32 syn_rate;	  /* SYNs per second and source prefix (/24, /64); 0 = no limit */
	__u32 syn_action; /* enum lb_syn_action: what happens above syn_rate */
	__u32 flags;	  /* LB_SET_* */
};

#define LB_SET_NAT 0x01 /* there are LB_NAT VIPs: look for their answers */

enum lb_syn_action {
	LB_SYN_BYPASS = 0, /* balanced, but not entered into the table */
	LB_SYN_DROP = 1,
};

/* Keys can also be written as words, little-endian like all our nodes. */
struct lb_vip4_key {
	union {
		struct {
			__u32 address;
			__u16 port; /* 0: fragments of this address and protocol */
			__u8 proto;
			__u8 zero;
		};
		__u64 word;
	};
};

struct lb_vip6_key {
	__u32 address[4];
	union {
		struct {
			__u16 port;
			__u8 proto;
			__u8 zero;
		};
		__u32 port_and_proto;
	};
};

enum lb_mode {
	LB_DSR_L2 = 0,	 /* new MAC addresses; backends hold the VIP on lo */
	LB_DSR_IPIP = 1, /* IPv4 or IPv6 around it; backends decapsulate */
	LB_NAT = 2,	 /* new destination; answers come back through here */
};

#define LB_VIP_STATELESS 0x01 /* never uses the flow table */
#define LB_VIP_HASH_SOURCE                                                                         \
	0x02		 /* the client's port does not count: affinity, and fragments agree */
#define LB_VIP_QUIC 0x04 /* short headers go by the server id in the connection id */

struct lb_vip {
	__u16 index;
	__u16 ring;
	__u8 mode;  /* enum lb_mode */
	__u8 flags; /* LB_VIP_* */
	__u16 zero;
};

/* One value of 131076 bytes, so that a ring is written by one call and swapped by another. */
struct lb_ring {
	__u16 real[LB_RING_SIZE]; /* real id, LB_NO_REAL for none */
	__u16 zero;
};

enum lb_state {
	LB_DOWN = 0, /* gets nothing, holds nothing */
	LB_UP = 1,
};

enum lb_health {
	LB_HEALTHY = 0, /* or never checked */
	LB_SICK = 1,
};

struct lb_real {
	__u32 address[4]; /* IPv4 in the first word */
	__u8 mac[6];	  /* the next hop to the backend */
	__u16 port;	  /* LB_NAT: the backend's port */
	__u16 generation;
	__u8 state;  /* enum lb_state */
	__u8 family; /* 4 or 6: what `address` holds */
	__u32 zero;
};

struct lb_server_key {
	__u16 vip; /* VIP index */
	__u16 id;  /* as in the connection id, network order */
};

/*
 * A share of a VIP's new flows for a second ring. Raising the dose moves new flows
 * only, and the flows of a smaller dose are among those of a larger one. Dose 0 and
 * a lease that has run out give all of them back at once.
 */
struct lb_split {
	__u32 dose; /* 0 to 10000 of 10000 */
	__u16 ring; /* LB_CANDIDATE_RING of the VIP */
	__u16 zero;
	__u64 lease; /* nanoseconds since boot (CLOCK_MONOTONIC) until which the split holds */
};

/* The VIP index stands for the VIP's address, port and protocol: 8 bytes hash in half the time
 * of 16. */
struct lb_flow4_key {
	union {
		struct {
			__u32 client;
			__u16 client_port;
			__u16 vip;
		};
		__u64 word;
	};
};

struct lb_flow6_key {
	__u32 client[4];
	union {
		struct {
			__u16 client_port;
			__u16 vip;
		};
		__u32 port_and_vip;
	};
};

#define LB_FLOW_SPLIT 0x0001 /* chosen from the split's ring */

struct lb_flow {
	__u16 real;
	__u16 generation;
	__u16 seen; /* low bits of the seconds since boot; UDP only */
	__u16 flags;
};

/*
 * The connection table of one CPU (lb_cache.bpf.h): sets of ways, 2 MiB for each
 * family and CPU. Sets lie in blocks, because a per-CPU array keeps a pointer for
 * each element, and fewer pointers stay in the nearest cache.
 */
#define LB_CACHE4_WAYS		 5
#define LB_CACHE4_BLOCKS	 128
#define LB_CACHE4_SETS_PER_BLOCK 256
#define LB_CACHE6_WAYS		 4
#define LB_CACHE6_BLOCKS	 128
#define LB_CACHE6_SETS_PER_BLOCK 128

struct lb_cache4_set {
	__u64 entry[LB_CACHE4_WAYS]; /* mixed key, its low 15 bits replaced by real id + 1 */
	__u16 generation[LB_CACHE4_WAYS];
	__u16 window[LB_CACHE4_WAYS];
	__u32 zero;
};

struct lb_cache4_block {
	struct lb_cache4_set set[LB_CACHE4_SETS_PER_BLOCK];
};

struct lb_cache6_way {
	__u32 client[4];
	__u32 port_and_vip;
	__u16 real;
	__u16 generation;
	__u16 window;
	__u16 zero[3];
};

struct lb_cache6_set {
	struct lb_cache6_way way[LB_CACHE6_WAYS];
};

struct lb_cache6_block {
	struct lb_cache6_set set[LB_CACHE6_SETS_PER_BLOCK];
};

/* The answer of a LB_NAT backend, as it comes in. */
struct lb_nat4_key {
	__u32 real;
	__u32 client;
	__u16 real_port;
	__u16 client_port;
	__u8 proto;
	__u8 zero[3];
};

struct lb_nat6_key {
	__u32 real[4];
	__u32 client[4];
	__u16 real_port;
	__u16 client_port;
	__u8 proto;
	__u8 zero[3];
};

/* What the client knows the backend as, and where its packets come from. */
struct lb_nat {
	__u32 vip[4]; /* IPv4 in the first word */
	__u16 port;
	__u8 mac[6]; /* the client's next hop, learned from its packets */
	__u16 id;    /* real id */
	__u16 seen;  /* low bits of the seconds since boot */
};

/* A pair of addresses and ports that was idle for this many seconds may serve another VIP. */
#define LB_NAT_IDLE 120

struct lb_source {
	__u32 window; /* units of 2^30 ns since boot */
	__u32 count;
};

/*
 * What no backend can count. Packets, bytes and new flows of a VIP are the sums of
 * its backends, because a real id belongs to one VIP: a packet then costs one
 * counter instead of two.
 */
struct lb_vip_stats {
	__u64 misses;	/* packets of a flow that should have been in the table */
	__u64 bypassed; /* new flows kept out of the table by the guard */
	__u64 drop_no_backend;
	__u64 drop_syn_rate;
	__u64 drop_collision; /* LB_NAT: no free address and port pair */
};

struct lb_real_stats {
	__u64 packets;	 /* sent to the backend */
	__u64 bytes;	 /* of the IP packet, without encapsulation */
	__u64 new_flows; /* SYNs, and first datagrams */
	__u64 returned;	 /* LB_NAT: packets sent back to clients */
};

/* Why a packet was passed on or dropped instead of balanced. */
enum lb_reason {
	LB_NO_REASON = 0, /* never counted */
	LB_PASS_NOT_IP,
	LB_PASS_MALFORMED,
	LB_PASS_UNSUPPORTED, /* neither TCP, UDP nor an ICMP error; too many extension headers */
	LB_PASS_NOT_VIP,
	LB_PASS_FRAGMENT, /* of a LB_NAT VIP: its checksum and ports are elsewhere */
	LB_PASS_ICMP,	  /* an ICMP error that quotes nothing of ours */
	LB_PASS_NO_RING,  /* the control plane has not written it yet */
	LB_PASS_NO_ROOM,  /* no headroom for the outer header */
	LB_PASS_NO_MAC,	  /* the backend's MAC address is not known */
	LB_PASS_FAMILY,	  /* LB_NAT to a backend of the other address family */
	LB_DROP_NO_BACKEND,
	LB_DROP_SYN_RATE,
	LB_DROP_COLLISION,
	LB_REASONS,
	LB_SENT = LB_REASONS /* what became of a packet that got none */
};

#endif
