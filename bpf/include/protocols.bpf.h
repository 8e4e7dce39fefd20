/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Protocol numbers. vmlinux.h holds types, never macros, so what the kernel's
 * UAPI headers #define is repeated here with its source.
 */
#ifndef PROTOCOLS_BPF_H
#define PROTOCOLS_BPF_H

/* IEEE 802 numbers, host order; compare with bpf_htons() of them. */
#define ETH_P_IP     0x0800
#define ETH_P_IPV6   0x86DD
#define ETH_P_8021Q  0x8100 /* customer tag */
#define ETH_P_8021AD 0x88A8 /* service tag (QinQ) */

/* RFC 791: flags and offset share the 16-bit word frag_off. */
#define IPV4_DF		 0x4000
#define IPV4_MF		 0x2000
#define IPV4_OFFSET_MASK 0x1FFF

/* IANA protocol numbers that vmlinux.h does not have as an enum on every kernel. */
#define IPPROTO_ICMPV6	 58
#define NEXT_HOP_BY_HOP	 0
#define NEXT_ROUTING	 43
#define NEXT_FRAGMENT	 44
#define NEXT_AUTH	 51
#define NEXT_DESTINATION 60

/* RFC 8200 section 4.5: offset in units of 8 bytes in the upper 13 bits, M flag in bit 0. */
#define IPV6_OFFSET_MASK 0xFFF8
#define IPV6_MF		 0x0001

/* RFC 792. */
#define ICMP4_UNREACHABLE   3
#define ICMP4_TIME_EXCEEDED 11
#define ICMP4_PARAMETER	    12

/* RFC 4443: errors are the types below 128; 1 to 4 are defined. */
#define ICMP6_UNREACHABLE 1
#define ICMP6_PARAMETER	  4

#endif
