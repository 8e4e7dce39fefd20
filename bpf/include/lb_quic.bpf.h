/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * QUIC connections outlive their address and port (RFC 9000 section 9): a client
 * that moves from Wi-Fi to a mobile network must still reach its backend. Backends
 * say who they are in the connection ids they issue, in the plaintext form of
 * draft-ietf-quic-load-balancers:
 *
 *   octet 0      3 bits configuration (0b111: no server id, go by address), 5 bits free
 *   octets 1, 2  server id
 *   the rest     nonce
 *
 * Only short headers are routed so. The connection id of a long header may be one
 * the client made up, and during the handshake its address is stable.
 */
#ifndef LB_QUIC_BPF_H
#define LB_QUIC_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "lb_request.bpf.h"
#include "lb_state.bpf.h"

#define QUIC_LONG_HEADER   0x80
#define QUIC_FIXED_BIT	   0x40
#define QUIC_NO_SERVER_ID  0xe0 /* of the connection id's first octet */
#define QUIC_SHORT_MINIMUM 4	/* flags, configuration, server id */

/* The real id that a datagram's connection id names, or -1. */
__noinline int quic_real(struct xdp_md *ctx, __u32 vip_index)
{
	struct lb_server_key key = { .vip = vip_index };
	struct packet p = {};
	struct udphdr *udp;
	__u8 *quic;
	__u32 *real;

	if (parse_packet(ctx, &p) != PARSE_OK || p.fragment != FRAGMENT_NONE ||
	    p.proto != IPPROTO_UDP)
		return -1;
	udp = p.l4;
	quic = (void *)(udp + 1);
	if ((void *)quic + QUIC_SHORT_MINIMUM > p.end ||
	    p.l4_len < sizeof(*udp) + QUIC_SHORT_MINIMUM)
		return -1;
	if ((quic[0] & (QUIC_LONG_HEADER | QUIC_FIXED_BIT)) != QUIC_FIXED_BIT ||
	    (quic[1] & QUIC_NO_SERVER_ID) == QUIC_NO_SERVER_ID)
		return -1;
	key.id = *(__u16 *)(quic + 2);
	real = bpf_map_lookup_elem(&server_ids, &key);
	return real ? (int)(*real & 0xffff) : -1;
}

#endif
