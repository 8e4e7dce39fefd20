// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * xdp_guard: drops, or only counts, packets of listed sources, of sources above their
 * rate, and DNS queries that look like a tunnel (long labels, too many).
 *
 * Hook:      XDP, in a slot of the chain
 * Maps:      settings, deny4, deny6, rule_hits, sources4, sources6, reasons
 *            (include/guard_maps.h), events, event_counters (include/events.bpf.h)
 * Kernel:    5.11 (coarse clock)
 * In doubt:  passes the packet and counts why
 *
 * It sees what enters an interface: on a node's uplink the world, on the host's end of a
 * pod's veth the pod. DNS is read over UDP to port 53 only; over TCP, TLS or HTTPS
 * nobody can read a name here, and a rule about the destination has to do.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "chain.bpf.h"
#include "dns.bpf.h"
#include "events.bpf.h"
#include "guard_maps.h"
#include "parse.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct guard_settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, GUARD_MAX_RULES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct guard_prefix4);
	__type(value, __u32);
} deny4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, GUARD_MAX_RULES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct guard_prefix6);
	__type(value, __u32);
} deny6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, GUARD_MAX_RULES);
	__type(key, __u32);
	__type(value, __u64);
} rule_hits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, GUARD_MAX_SOURCES);
	__type(key, __u32);
	__type(value, struct guard_source);
} sources4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, GUARD_MAX_SOURCES);
	__type(key, __u64);
	__type(value, struct guard_source);
} sources6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, GUARD_REASONS);
	__type(key, __u32);
	__type(value, struct guard_count);
} reasons SEC(".maps");

/* The source of a packet whose IP header is whole. */
struct source {
	__u32 address[4]; /* IPv4 in the first word */
	bool v6;
};

static __always_inline bool read_source(struct packet *p, struct source *source)
{
	if (p->ethertype == ETH_P_IP) {
		struct iphdr *ip = p->l3;

		if ((void *)(ip + 1) > p->end)
			return false;
		source->v6 = false;
		source->address[0] = ip->saddr;
	} else {
		struct ipv6hdr *ip = p->l3;

		if ((void *)(ip + 1) > p->end)
			return false;
		source->v6 = true;
		__builtin_memcpy(source->address, &ip->saddr, sizeof(source->address));
	}
	return true;
}

static __always_inline bool is_denied(const struct guard_settings *set, const struct source *source)
{
	__u32 *rule = NULL;

	if (source->v6 && set->deny & GUARD_DENY6) {
		struct guard_prefix6 key = { .length = 128 };

		__builtin_memcpy(key.address, source->address, sizeof(key.address));
		rule = bpf_map_lookup_elem(&deny6, &key);
	} else if (!source->v6 && set->deny & GUARD_DENY4) {
		struct guard_prefix4 key = { .length = 32, .address = source->address[0] };

		rule = bpf_map_lookup_elem(&deny4, &key);
	}
	if (!rule)
		return false;
	count(&rule_hits, *rule);
	return true;
}

/* The state of a source; of IPv6 that of its /64, as one host may use all addresses of it. */
static __always_inline struct guard_source *source_state(const struct source *source)
{
	struct guard_source fresh = {}, *found;
	__u64 prefix = (__u64)source->address[1] << 32 | source->address[0];
	__u32 address = source->address[0];

	if (source->v6) {
		found = bpf_map_lookup_elem(&sources6, &prefix);
		if (found)
			return found;
		bpf_map_update_elem(&sources6, &prefix, &fresh, BPF_NOEXIST);
		return bpf_map_lookup_elem(&sources6, &prefix);
	}
	found = bpf_map_lookup_elem(&sources4, &address);
	if (found)
		return found;
	bpf_map_update_elem(&sources4, &address, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&sources4, &address);
}

/*
 * The generic cell rate algorithm (ITU-T I.371): one number a source, exact over any
 * window. Two CPUs may read the same number; a guard may be off by a few packets.
 */
static __always_inline bool over_rate(__u64 *due, __u64 interval)
{
	__u64 now = bpf_ktime_get_coarse_ns();
	__u64 next = *due > now ? *due : now;

	if (next - now >= GUARD_BURST_NS)
		return true;
	*due = next + interval;
	return false;
}

/* The rules about a packet's source. */
static __always_inline __u32 judge_source(const struct guard_settings *set,
					  const struct source *source)
{
	struct guard_source *state;

	if (is_denied(set, source))
		return GUARD_DENIED;
	if (!set->packet_interval)
		return GUARD_PASSED;
	state = source_state(source);
	return state && over_rate(&state->packet_due, set->packet_interval) ? GUARD_SOURCE_RATE
									    : GUARD_PASSED;
}

/* The first question of a query over UDP. */
struct question {
	__u32 offset; /* of its name in the frame */
	__u32 left;   /* bytes of the message from there on */
	bool asked;   /* false: the query has none */
};

static __always_inline bool is_dns_query(struct packet *p, struct question *question)
{
	struct udphdr *udp = p->l4;
	struct dns_header *dns = (void *)(udp + 1);
	__u32 length;

	if (p->proto != IPPROTO_UDP || p->fragment == FRAGMENT_LATER)
		return false;
	if ((void *)(dns + 1) > p->end || udp->dest != bpf_htons(DNS_PORT) ||
	    dns->flags[0] & DNS_RESPONSE)
		return false;
	length = bpf_ntohs(udp->len);
	if (length > p->l4_len)
		length = p->l4_len;
	if (length < sizeof(*udp) + sizeof(*dns))
		return false;
	question->offset = (void *)(dns + 1) - (void *)p->eth;
	question->left = length - sizeof(*udp) - sizeof(*dns);
	question->asked = dns->questions != 0;
	return true;
}

/* The rules about DNS, for a packet that no other rule matches. */
static __always_inline __u32 judge_dns(struct xdp_md *ctx, const struct guard_settings *set,
				       struct packet *p, const struct source *source)
{
	struct guard_source *state;
	struct question question;
	int longest;

	if (!set->query_interval && !set->label_max)
		return GUARD_PASSED;
	if (!is_dns_query(p, &question))
		return GUARD_PASSED;
	if (set->query_interval) {
		state = source_state(source);
		if (state && over_rate(&state->query_due, set->query_interval))
			return GUARD_DNS_RATE;
	}
	if (!set->label_max || !question.asked)
		return GUARD_PASSED;
	longest = dns_longest_label(ctx, question.offset, question.left);
	if (longest == DNS_UNREADABLE)
		return GUARD_DNS_MALFORMED;
	return longest > (int)set->label_max ? GUARD_DNS_LABEL : GUARD_PASSED;
}

static __always_inline __u32 judge(struct xdp_md *ctx, const struct guard_settings *set,
				   struct packet *p)
{
	struct source source = {};
	int result = parse_packet(ctx, p);
	__u32 reason;

	if (result == PARSE_NOT_IP)
		return GUARD_NOT_IP;
	/* Too many extension headers hide the transport header, never the source. */
	if (result == PARSE_MALFORMED || !read_source(p, &source))
		return GUARD_MALFORMED;
	reason = judge_source(set, &source);
	if (reason != GUARD_PASSED)
		return reason;
	if (result == PARSE_UNSUPPORTED)
		return GUARD_UNSUPPORTED;
	return judge_dns(ctx, set, p, &source);
}

static __always_inline void note(struct packet *p, __u32 reason, bool dropped)
{
	struct guard_count *found = bpf_map_lookup_elem(&reasons, &reason);

	if (!found)
		return;
	found->packets += 1;
	found->bytes += p->ip_len;
	found->dropped += dropped;
}

SEC("xdp")
int xdp_guard(struct xdp_md *ctx)
{
	struct packet_event event = { .hook = EVENT_XDP };
	struct guard_settings *set;
	struct packet p = {};
	__u32 zero = 0, reason;
	bool dropped;

	set = bpf_map_lookup_elem(&settings, &zero);
	if (!set)
		return next_slot(ctx);
	reason = judge(ctx, set, &p);
	dropped = reason >= GUARD_DENIED && set->mode == GUARD_MODE_DROP;
	note(&p, reason, dropped);
	if (reason >= GUARD_DENIED && is_sampled(set->sample)) {
		event.verdict = dropped ? XDP_DROP : XDP_PASS;
		event.reason = reason;
		describe(&event, &p);
		send_event(&event, ctx->ingress_ifindex, set->sample);
	}
	return dropped ? XDP_DROP : next_slot(ctx);
}

char _license[] SEC("license")
= "Dual BSD/GPL";
