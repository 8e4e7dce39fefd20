// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * lsm_connect: which addresses and ports may be connected to over IPv4 and IPv6.
 *
 * Hook:      LSM socket_connect, socket_sendmsg (datagrams to an address of their own,
 *            and TCP Fast Open, which connects without socket_connect)
 * Maps:      settings, cgroups, connect4, connect6, rule_stats, stats, events
 *            (include/lsm_maps.h)
 * Kernel:    5.11 with `bpf` in its lsm= list
 * In doubt:  a deny-list allows, an allow-list denies; without settings nothing is denied
 *
 * A rule with the port goes before one without; of those the longest prefix decides.
 * IPv4-mapped IPv6 addresses are judged as IPv4.
 *
 * Cannot stop: connections that are there already, packets of raw and packet sockets,
 * and the kernel's own (NFS, WireGuard).
 */
#include "lsm.bpf.h"
#include <bpf/bpf_endian.h>

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct connect4_key);
	__type(value, struct lsm_rule);
} connect4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct connect6_key);
	__type(value, struct lsm_rule);
} connect6 SEC(".maps");

/* linux/socket.h */
#define AF_INET	 2
#define AF_INET6 10

/* sockaddr_in and sockaddr_in6 in one: port behind the family, the address at 4 or at 8. */
struct endpoint {
	__u16 family;
	__u8 port[2];
	__u8 four[4];
	__u8 six[16];
};

static __always_inline struct lsm_rule *rule4(const __u8 *port, const __u8 *address)
{
	struct connect4_key key = { .bits = 16 + 32 };
	struct lsm_rule *rule;

	__builtin_memcpy(key.port, port, 2);
	__builtin_memcpy(key.address, address, 4);
	rule = bpf_map_lookup_elem(&connect4, &key);
	if (rule)
		return rule;
	key.port[0] = key.port[1] = 0;
	return bpf_map_lookup_elem(&connect4, &key);
}

static __always_inline struct lsm_rule *rule6(const __u8 *port, const __u8 *address)
{
	struct connect6_key key = { .bits = 16 + 128 };
	struct lsm_rule *rule;

	__builtin_memcpy(key.port, port, 2);
	__builtin_memcpy(key.address, address, 16);
	rule = bpf_map_lookup_elem(&connect6, &key);
	if (rule)
		return rule;
	key.port[0] = key.port[1] = 0;
	return bpf_map_lookup_elem(&connect6, &key);
}

static __always_inline bool is_mapped(const __u8 *six)
{
	const __u32 *words = (const __u32 *)six;

	return !words[0] && !words[1] && words[2] == bpf_htonl(0xffff);
}

static __always_inline int judge(const void *address, __u32 length, __u32 hook)
{
	struct lsm_settings *set = active_settings();
	struct finding found = { .hook = hook };
	struct endpoint to = {};
	struct lsm_rule *rule;

	if (!set || !address || length < 8)
		return 0;
	bpf_probe_read_kernel(&to, length < sizeof(to) ? 8 : sizeof(to), address);
	found.port = to.port;
	found.family = to.family;
	if (to.family == AF_INET6 && length >= sizeof(to) && !is_mapped(to.six)) {
		rule = rule6(to.port, to.six);
		found.address = to.six;
	} else if (to.family == AF_INET6 && length >= sizeof(to)) {
		__builtin_memcpy(to.four, to.six + 12, 4);
		rule = rule4(to.port, to.four);
		found.address = to.six;
	} else if (to.family == AF_INET) {
		rule = rule4(to.port, to.four);
		found.address = to.four;
	} else {
		return 0;
	}
	if (rule ? rule->flags & RULE_ALLOW : set->list == LSM_DENY_LIST)
		return 0;
	found.rule = rule ? rule->number : 0;
	return forbid(set, &found);
}

SEC("lsm/socket_connect")
int BPF_PROG(lsm_connect, struct socket *socket, void *address, int length, int ret)
{
	return ret ? ret : judge(address, length, HOOK_CONNECT);
}

SEC("lsm/socket_sendmsg")
int BPF_PROG(lsm_connect_send, struct socket *socket, struct msghdr *message, int size, int ret)
{
	return ret ? ret : judge(message->msg_name, message->msg_namelen, HOOK_SEND);
}

char _license[] SEC("license")
= "Dual BSD/GPL";
