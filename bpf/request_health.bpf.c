// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * request_health: does the application behind a listening TCP socket answer? A process
 * that hangs still has a socket that accepts and a kernel that acknowledges.
 *
 * Hook:      cgroup_skb/egress, at a cgroup (version 2) with the servers
 * Maps:      listeners, requests (include/watch_maps.h)
 * Kernel:    5.10 (socket storage)
 * In doubt:  leaves the packet out; it lets every packet pass
 *
 * It looks at what servers send, and there sees both: the kernel acknowledges a request
 * (the socket has received more than at the last look), the application answers (payload).
 * An answer that comes before the acknowledgement, which TCP delays for up to 40 ms, came
 * at once; another one has waited. Whoever sends SYN and ACK is a listening socket, so
 * that connections from before the program are not known until the next one comes.
 */
#define PARSE_SKB
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "parse.bpf.h"
#include "watch_maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, MAX_LISTENERS);
	__type(key, struct listen_address);
	__type(value, struct health);
} listeners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct open_request);
} requests SEC(".maps");

/* A TCP segment of a cgroup's socket: where it comes from, its flags, its payload. */
struct segment {
	struct listen_address from;
	__u8 flags;
	__u32 payload;
};

static __always_inline bool read_segment(struct __sk_buff *skb, struct segment *segment)
{
	/* There is no Ethernet header in front of what a cgroup sends. */
	struct packet p = {
		.eth = (void *)(long)skb->data,
		.l3 = (void *)(long)skb->data,
		.end = (void *)(long)skb->data_end,
		.frame_len = skb->len,
	};
	struct tcphdr *tcp;

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = p.l3;

		if (parse_ipv4(&p) != PARSE_OK)
			return false;
		segment->from.family = 4;
		segment->from.address[0] = ip->saddr;
	} else {
		struct ipv6hdr *ip = p.l3;

		if (skb->protocol != bpf_htons(ETH_P_IPV6) || parse_ipv6(skb, &p) != PARSE_OK)
			return false;
		segment->from.family = 6;
		__builtin_memcpy(segment->from.address, &ip->saddr, sizeof(ip->saddr));
	}
	tcp = p.l4;
	if (p.proto != IPPROTO_TCP || p.fragment != FRAGMENT_NONE || (void *)(tcp + 1) > p.end ||
	    p.l4_len < tcp->doff * 4)
		return false;
	segment->from.port = tcp->source;
	segment->flags = ((__u8 *)tcp)[13];
	segment->payload = p.l4_len - tcp->doff * 4;
	return true;
}

/* Payload bytes that a connection has received; the other side's FIN counts as one to TCP. */
static __always_inline __u64 received_bytes(const struct bpf_sock *sk,
					    const struct bpf_tcp_sock *tcp)
{
	__u32 state = sk->state;
	bool closed = state == BPF_TCP_CLOSE_WAIT || state == BPF_TCP_LAST_ACK ||
		      state == BPF_TCP_CLOSING;

	return tcp->bytes_received - closed;
}

static __always_inline void watch(struct __sk_buff *skb, struct segment *segment,
				  struct health *health)
{
	struct bpf_sock *sk = skb->sk;
	struct open_request *request;
	struct bpf_tcp_sock *tcp;
	bool at_once = false;
	__u64 received;

	sk = sk ? bpf_sk_fullsock(sk) : NULL;
	tcp = sk ? bpf_tcp_sock(sk) : NULL;
	request = tcp ? bpf_sk_storage_get(&requests, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE) : NULL;
	if (!request)
		return;
	received = received_bytes(sk, tcp);
	if (received > request->received && !request->asked_at) {
		request->asked_at = bpf_ktime_get_ns();
		health->requests += 1;
		at_once = true;
	}
	request->received = received;
	if (!request->asked_at)
		return;
	if (segment->payload) {
		health->answers += 1;
		if (!at_once) {
			health->waited += 1;
			health->wait_ns += bpf_ktime_get_ns() - request->asked_at;
		}
		request->asked_at = 0;
	} else if (segment->flags & (TCP_FIN | TCP_RST)) {
		health->unanswered += 1;
		request->asked_at = 0;
	}
}

SEC("cgroup_skb/egress")
int request_health(struct __sk_buff *skb)
{
	struct segment segment = {};
	struct health *health, none = {};

	if (!read_segment(skb, &segment))
		return 1;
	health = bpf_map_lookup_elem(&listeners, &segment.from);
	if (!health && (segment.flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
		bpf_map_update_elem(&listeners, &segment.from, &none, BPF_NOEXIST);
	else if (health && !(segment.flags & TCP_SYN))
		watch(skb, &segment, health);
	return 1;
}

char _license[] SEC("license")
= "Dual BSD/GPL";
