// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * xdp_split: gives a share of the flows to another version of the program whose slot
 * it sits in.
 *
 * Hook:      XDP, in a slot of the chain; the loader puts it there and takes it away
 * Maps:      include/split_maps.h; `chain` is an array of its own with the two versions
 * Kernel:    5.11 (coarse clock)
 * In doubt:  the stable version
 *
 * Both versions were loaded for the slot and go on to the next one themselves. A flow
 * keeps its version: of TCP only a SYN is shared out, by the hash of client and port,
 * and a flow that is not in the table was there before and is the stable version's.
 * A datagram's flow is new when the table does not know it, so those of the stable
 * version are in the table too. Fragments, whose ports are not known, are always the
 * stable version's.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "chain.bpf.h"
#include "lb_hash.bpf.h"
#include "lb_request.bpf.h"
#include "parse.bpf.h"
#include "split_maps.h"
#include "stats.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct split_share);
} share SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SPLIT_MAX_FLOWS);
	__type(key, struct split_flow_key);
	__type(value, struct split_flow);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SPLIT_ARMS);
	__type(key, __u32);
	__type(value, __u64);
} packets SEC(".maps");

static __always_inline void read_key(const struct flow_request *request, bool v6,
				     struct split_flow_key *key)
{
	if (v6) {
		__builtin_memcpy(key->client, request->client, sizeof(key->client));
		__builtin_memcpy(key->server, request->vip, sizeof(key->server));
	} else {
		key->client[0] = request->client[0];
		key->server[0] = request->vip[0];
	}
	key->client_port = request->client_port;
	key->server_port = request->vip_port;
	key->proto = request->proto;
}

/* The version of a new flow by its hash: the flows of a small dose are among those of a larger one.
 */
static __always_inline __u32 draw(const struct flow_request *request, bool v6, __u32 dose)
{
	__u64 hash = v6 ? flow_hash6(0, request->client, request->client_port)
			: flow_hash4(0, request->client[0], request->client_port);

	return split_rank(hash) < dose ? SPLIT_CANDIDATE : SPLIT_STABLE;
}

static __always_inline __u32 arm_of(const struct flow_request *request, bool v6)
{
	struct split_flow_key key = {};
	struct split_flow *known, fresh = {};
	struct split_share *set;
	__u32 zero = 0, dose;
	bool is_new;

	set = bpf_map_lookup_elem(&share, &zero);
	if (!set || request->fragment)
		return SPLIT_STABLE;
	dose = bpf_ktime_get_coarse_ns() < set->lease ? set->dose : 0;
	if (!dose && request->proto == IPPROTO_TCP)
		return SPLIT_STABLE;
	read_key(request, v6, &key);
	known = bpf_map_lookup_elem(&flows, &key);
	is_new = request->proto == IPPROTO_TCP ? is_syn(request) : !known;
	if (!is_new || request->quoted)
		return dose && known && known->generation == set->generation ? known->arm
									     : SPLIT_STABLE;
	fresh.arm = draw(request, v6, dose);
	fresh.generation = set->generation;
	if (fresh.arm == SPLIT_CANDIDATE || request->proto == IPPROTO_UDP)
		bpf_map_update_elem(&flows, &key, &fresh, BPF_ANY);
	else if (known)
		bpf_map_delete_elem(&flows, &key);
	return fresh.arm;
}

/* A function of its own: tail calls are made by the program itself. */
static __noinline __u32 choose_arm(struct xdp_md *ctx)
{
	struct flow_request request = {};
	struct packet p = {};

	if (parse_packet(ctx, &p) != PARSE_OK)
		return SPLIT_STABLE;
	if (p.ethertype == ETH_P_IP)
		return read_request(&p, &request, false) ? SPLIT_STABLE : arm_of(&request, false);
	return read_request(&p, &request, true) ? SPLIT_STABLE : arm_of(&request, true);
}

SEC("xdp")
int xdp_split(struct xdp_md *ctx)
{
	__u32 arm = choose_arm(ctx);

	if (arm == SPLIT_CANDIDATE) {
		count(&packets, SPLIT_CANDIDATE);
		bpf_tail_call_static(ctx, &chain, SPLIT_CANDIDATE);
	}
	count(&packets, SPLIT_STABLE);
	bpf_tail_call_static(ctx, &chain, SPLIT_STABLE);
	return XDP_PASS;
}

char _license[] SEC("license")
= "Dual BSD/GPL";
