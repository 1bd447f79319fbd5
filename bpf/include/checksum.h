/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_CHECKSUM_H
#define HEDDLE_CHECKSUM_H

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include "ipv4.h"
#include "packet.h"

/* The Internet checksum (RFC 1071): sums of 16-bit words as they are in memory, with end-around carry. */

static __always_inline __u16 checksum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* The sum of an address; that of an IPv4-mapped one differs by a constant. */
static __always_inline __u64 checksum_address(const struct ip_addr *address)
{
	if (ip_addr_is_ipv4(address))
		return address->word[3];
	return (__u64)address->word[0] + address->word[1] + address->word[2] + address->word[3];
}

/* What the checksum of a transport protocol covers besides it (RFC 9293 section 3.1, RFC 8200 section 8.1). */
static __always_inline __u64 checksum_pseudo_header(const struct ip_addr *source,
						    const struct ip_addr *destination,
						    __u8 protocol, __u32 length)
{
	return checksum_address(source) + checksum_address(destination) + bpf_htons(protocol) +
	       bpf_htonl(length);
}

/* Bytes that are read at a time, and those that one call sums up: the verifier walks through every call. */
#define CHECKSUM_READ 32
#define CHECKSUM_STEP 256
#define CHECKSUM_MAX_STEPS (65536 / CHECKSUM_STEP)

/* The folded sum of the first `length` bytes from `offset` on, or of as many as one step sums up, or -1. */
__noinline int checksum_step(struct __sk_buff *skb, __u32 offset, __u32 length)
{
	__s64 sum = 0;

	/* Or else its counter would be on the stack, too. */
#pragma unroll
	for (__u32 done = 0; done < CHECKSUM_STEP && done < length; done += CHECKSUM_READ) {
		__u8 buffer[CHECKSUM_READ] __attribute__((aligned(8))) = {};
		__u32 left = length - done;
		/* One less than a length, as in `event_fill`. */
		__u64 last = (left < CHECKSUM_READ ? left : CHECKSUM_READ) - 1ULL;

		barrier_var(last);
		if (last >= CHECKSUM_READ ||
		    bpf_skb_load_bytes(skb, offset + done, buffer, last + 1))
			return -1;
		sum = bpf_csum_diff(NULL, 0, (__be32 *)buffer, sizeof(buffer), sum);
		if (sum < 0)
			return -1;
	}
	return checksum_fold(sum);
}

/* The folded sum of `length` bytes from an even number of bytes on, or -1. */
__noinline int checksum_bytes(struct __sk_buff *skb, __u32 offset, __u32 length)
{
	__u64 sum = 0;

	for (__u32 i = 0; i < CHECKSUM_MAX_STEPS && i * CHECKSUM_STEP < length; i++) {
		__u32 done = i * CHECKSUM_STEP;
		int step = checksum_step(skb, offset + done, length - done);

		if (step < 0)
			return -1;
		sum += step;
	}
	return checksum_fold(sum);
}

/*
 * The folded sum of the IPv4 packet at `offset`, by its headers alone, when its own checksums are right, or are yet
 * to be filled in by a device, which comes to the same: a right checksum makes up for all that it covers. -1 when its
 * checksum does not tell.
 */
static __always_inline int checksum_of_ipv4(struct __sk_buff *skb, __u32 offset, __u32 length)
{
	const struct iphdr *ip = packet_peek(skb, offset, sizeof(*ip));
	const struct udphdr *udp;
	__u64 pseudo;
	__u32 header;

	if (!ip || bpf_ntohs(ip->tot_len) != length ||
	    (ip->frag_off & bpf_htons(IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET)))
		return -1;
	header = ip->ihl * 4;
	pseudo = (__u64)ip->saddr + ip->daddr + bpf_htons(ip->protocol) +
		 bpf_htons(length - header);
	switch (ip->protocol) {
	case IPPROTO_ICMP:
		return 0;
	case IPPROTO_UDP:
		udp = packet_peek(skb, offset + header, sizeof(*udp));
		/* What stands behind a shorter UDP packet is not covered. */
		if (!udp || !udp->check || bpf_ntohs(udp->len) != length - header)
			return -1;
		break;
	case IPPROTO_TCP:
		break;
	default:
		return -1;
	}
	return (__u16)~checksum_fold(pseudo);
}

/* The same for IPv6. The addresses and the length are in both sums, and cancel out. */
static __always_inline int checksum_of_ipv6(struct __sk_buff *skb, __u32 offset, __u32 length)
{
	const struct ipv6hdr *ip = packet_peek(skb, offset, sizeof(*ip));
	const __be32 *words = (const void *)ip;
	const struct udphdr *udp;
	__u64 sum;

	if (!ip || sizeof(*ip) + bpf_ntohs(ip->payload_len) != length)
		return -1;
	if (ip->nexthdr != IPPROTO_TCP && ip->nexthdr != IPPROTO_UDP &&
	    ip->nexthdr != IPPROTO_ICMPV6)
		return -1;
	sum = (__u64)words[0] + bpf_htons(ip->nexthdr << 8 | ip->hop_limit);
	sum = checksum_fold(sum + (__u16)~bpf_htons(ip->nexthdr));
	if (ip->nexthdr != IPPROTO_UDP)
		return sum;
	/* Tunnels may go without one (RFC 6935), and what stands behind a shorter UDP packet is not covered. */
	udp = packet_peek(skb, offset + sizeof(*ip), sizeof(*udp));
	return udp && udp->check && udp->len == ip->payload_len ? sum : -1;
}

/* The folded sum of the IP packet at `offset`, which is `length` bytes long, or -1. */
static __always_inline int checksum_of_packet(struct __sk_buff *skb, __u16 protocol, __u32 offset,
					      __u32 length)
{
	int sum = protocol == ETH_P_IP ? checksum_of_ipv4(skb, offset, length)
				       : checksum_of_ipv6(skb, offset, length);

	return sum < 0 ? checksum_bytes(skb, offset, length) : sum;
}

#endif
