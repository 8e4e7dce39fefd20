/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The one parser of all XDP programs: Ethernet, up to two VLAN tags, IPv4 with
 * options, IPv6 with extension headers, fragments, TCP and UDP ports.
 *
 * Every length is checked twice: against the end of the frame and against the
 * length the IP header states. What is cut short, contradicts itself or is not
 * known here has a result of its own, never a guess; callers pass such packets.
 *
 * TC and cgroup programs define PARSE_SKB before they include it: their context is a
 * socket buffer, of which only the first bytes are in reach, so that the length of the
 * packet is that of the buffer and not the end of what can be read.
 */
#ifndef PARSE_BPF_H
#define PARSE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "protocols.bpf.h"

#ifdef PARSE_SKB
#define parse_context __sk_buff /* no typedef: the verifier wants the struct's own name */
#else
#define parse_context xdp_md
#endif

enum parse_result {
	PARSE_OK = 0,
	PARSE_NOT_IP,	   /* ARP, LLDP, a third VLAN tag, ... */
	PARSE_MALFORMED,   /* cut short or contradicting itself */
	PARSE_UNSUPPORTED, /* valid, but no transport header can be found by rule */
};

enum fragment {
	FRAGMENT_NONE = 0,
	FRAGMENT_FIRST, /* holds the transport header */
	FRAGMENT_LATER, /* holds none */
};

/* Where the headers of a frame are. Pointers are into the frame and die with bpf_xdp_adjust_head().
 */
struct packet {
	struct ethhdr *eth;
	void *end; /* end of the frame, or of what of it can be read */
#ifdef PARSE_SKB
	__u32 frame_len;
#endif
	void *l3;	 /* struct iphdr or struct ipv6hdr */
	void *l4;	 /* transport header, NOT yet checked against the end */
	__u32 l2_len;	 /* 14, 18 or 22 */
	__u32 ip_len;	 /* the IP packet with its header, as the header says; within the frame */
	__u32 l4_len;	 /* ip_len without IP header, options and extension headers */
	__u16 ethertype; /* ETH_P_IP or ETH_P_IPV6, host order */
	__u8 proto;	 /* transport protocol */
	__u8 fragment;	 /* enum fragment */
};

struct ports {
	union {
		struct {
			__be16 source;
			__be16 dest;
		};
		__u32 both; /* as they lie in the packet */
	};
	__u8 flags; /* byte 13 of the TCP header (RFC 9293), 0 for UDP */
};

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/* IPv6 packets with more extension headers than this are unsupported. */
#define MAX_EXTENSION_HEADERS 4

struct vlan_tag {
	__be16 tci;
	__be16 ethertype;
};

static __always_inline bool is_vlan(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_8021Q) || ethertype == bpf_htons(ETH_P_8021AD);
}

static __always_inline int parse_ethernet(struct parse_context *ctx, struct packet *p)
{
	void *data = (void *)(long)ctx->data;
	struct vlan_tag *tag;
	__be16 ethertype;

	p->end = (void *)(long)ctx->data_end;
#ifdef PARSE_SKB
	p->frame_len = ctx->len;
#endif
	p->eth = data;
	p->l2_len = sizeof(struct ethhdr);
	if ((void *)(p->eth + 1) > p->end)
		return PARSE_MALFORMED;
	ethertype = p->eth->h_proto;
	p->l3 = p->eth + 1;

	if (is_vlan(ethertype)) {
		tag = p->l3;
		if ((void *)(tag + 1) > p->end)
			return PARSE_MALFORMED;
		ethertype = tag->ethertype;
		p->l3 = tag + 1;
		p->l2_len += sizeof(*tag);
		if (is_vlan(ethertype)) {
			tag = p->l3;
			if ((void *)(tag + 1) > p->end)
				return PARSE_MALFORMED;
			ethertype = tag->ethertype;
			p->l3 = tag + 1;
			p->l2_len += sizeof(*tag);
		}
	}
	p->ethertype = bpf_ntohs(ethertype);
	return PARSE_OK;
}

/* The IP packet is longer than the frame that carries it. */
static __always_inline bool overruns(const struct packet *p)
{
#ifdef PARSE_SKB
	return p->l2_len + p->ip_len > p->frame_len;
#else
	return p->l3 + p->ip_len > p->end;
#endif
}

/*
 * A 16-bit length in host order. The verifiers of older kernels (6.1 among them) forget
 * the range of a register whose bytes were swapped, and the compiler knows the mask to be
 * of no effect: only as assembly does it stay.
 */
static __always_inline __u32 read_length(__be16 length)
{
	__u32 host = bpf_ntohs(length);

	asm volatile("%0 &= 0xffff" : "+r"(host));
	return host;
}

static __always_inline int parse_ipv4(struct packet *p)
{
	struct iphdr *ip = p->l3;
	__u32 header;
	__u16 offset;

	if ((void *)(ip + 1) > p->end || ip->version != 4)
		return PARSE_MALFORMED;
	header = ip->ihl * 4;
	p->ip_len = read_length(ip->tot_len);
	if (header < sizeof(*ip) || p->ip_len < header || overruns(p))
		return PARSE_MALFORMED;

	p->proto = ip->protocol;
	p->l4 = p->l3 + header;
	p->l4_len = p->ip_len - header;
	offset = ip->frag_off & bpf_htons(IPV4_MF | IPV4_OFFSET_MASK);
	p->fragment = FRAGMENT_NONE;
	if (offset)
		p->fragment = offset == bpf_htons(IPV4_MF) ? FRAGMENT_FIRST : FRAGMENT_LATER;
	return PARSE_OK;
}

static __always_inline bool is_extension(__u8 next)
{
	return next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_FRAGMENT ||
	       next == NEXT_DESTINATION || next == NEXT_AUTH;
}

struct extension {
	__u8 next;
	__u8 length; /* units of 8 bytes after the first 8; of 4 bytes after the first 8 for AH */
	__be16 bits; /* fragment header: offset and M flag */
	__be32 id;
};

/* No IPv6 header ends behind this offset: 22 bytes Ethernet, 40 IPv6, 4 extensions of at most 2048.
 */
#define MAX_L4_OFFSET 8254

/* What walking the extension headers found, in one word, as a global function returns no more. */
union extension_walk {
	__u64 word;
	struct {
		__u16 offset; /* of the transport header in the frame */
		__u16 l4_len;
		__u8 proto;
		__u8 fragment;
		__u8 result;
		__u8 zero;
	};
};

/*
 * Steps over the extension headers from @offset on. A routing header that still
 * has segments left says that the destination address is not the last one:
 * unsupported. A function of its own, so that the verifier walks its loop once and
 * not for each way that leads here (kernel 5.6).
 */
__noinline __u64 walk_extensions(struct parse_context *ctx, __u32 offset, __u32 l4_len, __u32 proto)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	union extension_walk walk = { .fragment = FRAGMENT_NONE, .result = PARSE_MALFORMED };

	for (int i = 0; i < MAX_EXTENSION_HEADERS; i++) {
		struct extension *ext;
		__u32 length;
		__u16 bits;

		if (offset > MAX_L4_OFFSET)
			return walk.word;
		ext = data + offset;
		if ((void *)(ext + 1) > end || l4_len < sizeof(*ext))
			return walk.word;
		bits = bpf_ntohs(ext->bits);
		length = ((__u32)ext->length + 1) * 8;
		if (proto == NEXT_AUTH)
			length = ((__u32)ext->length + 2) * 4;
		if (proto == NEXT_FRAGMENT) {
			length = sizeof(*ext);
			/* RFC 6946: an "atomic" fragment (offset 0, no more) is a whole packet. */
			if (bits & IPV6_OFFSET_MASK)
				walk.fragment = FRAGMENT_LATER;
			else if (bits & IPV6_MF)
				walk.fragment = FRAGMENT_FIRST;
		}
		if (proto == NEXT_ROUTING && (bits & 0xff)) {
			walk.result = PARSE_UNSUPPORTED;
			return walk.word;
		}
		if (length > l4_len)
			return walk.word;
		proto = ext->next;
		l4_len -= length;
		offset += length;
		/* What follows the fragment header of a later fragment is payload. */
		if (!is_extension(proto) || walk.fragment == FRAGMENT_LATER) {
			walk.offset = offset;
			walk.l4_len = l4_len;
			walk.proto = proto;
			walk.result = PARSE_OK;
			return walk.word;
		}
	}
	walk.result = PARSE_UNSUPPORTED;
	return walk.word;
}

static __always_inline int parse_ipv6(struct parse_context *ctx, struct packet *p)
{
	struct ipv6hdr *ip = p->l3;
	union extension_walk walk;

	if ((void *)(ip + 1) > p->end || ip->version != 6)
		return PARSE_MALFORMED;
	p->l4_len = read_length(ip->payload_len);
	p->ip_len = p->l4_len + sizeof(*ip);
	if (overruns(p))
		return PARSE_MALFORMED;
	p->proto = ip->nexthdr;
	p->l4 = ip + 1;
	p->fragment = FRAGMENT_NONE;
	if (!is_extension(p->proto))
		return PARSE_OK;

	walk.word = walk_extensions(ctx, p->l2_len + sizeof(*ip), p->l4_len, p->proto);
	if (walk.result != PARSE_OK)
		return walk.result;
	if (walk.offset > MAX_L4_OFFSET)
		return PARSE_MALFORMED;
	p->l4 = (void *)p->eth + walk.offset;
	p->l4_len = walk.l4_len;
	p->proto = walk.proto;
	p->fragment = walk.fragment;
	return PARSE_OK;
}

/* Finds the headers of a frame down to the transport header. */
static __always_inline int parse_packet(struct parse_context *ctx, struct packet *p)
{
	int result = parse_ethernet(ctx, p);

	if (result != PARSE_OK)
		return result;
	if (p->ethertype == ETH_P_IP)
		return parse_ipv4(p);
	if (p->ethertype == ETH_P_IPV6)
		return parse_ipv6(ctx, p);
	return PARSE_NOT_IP;
}

/* Reads the ports of a TCP or UDP header that is whole within frame and IP packet. */
static __always_inline int parse_ports(struct packet *p, struct ports *ports)
{
	if (p->proto == IPPROTO_TCP) {
		struct tcphdr *tcp = p->l4;

		if ((void *)(tcp + 1) > p->end || p->l4_len < sizeof(*tcp) || tcp->doff < 5)
			return PARSE_MALFORMED;
		ports->both = *(__u32 *)tcp;
		ports->flags = ((__u8 *)tcp)[13];
		return PARSE_OK;
	}
	if (p->proto == IPPROTO_UDP) {
		struct udphdr *udp = p->l4;

		if ((void *)(udp + 1) > p->end || p->l4_len < sizeof(*udp))
			return PARSE_MALFORMED;
		ports->both = *(__u32 *)udp;
		ports->flags = 0;
		return PARSE_OK;
	}
	return PARSE_UNSUPPORTED;
}

#endif
