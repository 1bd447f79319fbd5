/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_DECAPSULATE_H
#define HEDDLE_DECAPSULATE_H

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include "checksum.h"
#include "geneve_read.h"
#include "ipv4.h"
#include "packet.h"

/* Codepoints of explicit congestion notification (RFC 3168 section 5). */
#define ECN_MASK 3
#define ECN_NOT_CAPABLE 0
#define ECN_CAPABLE_1 1
#define ECN_CONGESTION 3

/* -EINVAL, which a helper returns for flags that it does not know. */
#define INVALID_ARGUMENT (-22)

/*
 * The codepoint with which an inner packet leaves a tunnel (RFC 6040 section 4.2), or -1 when the network
 * reports congestion to a sender that would not understand it.
 */
static __always_inline int decapsulate_ecn(__u8 inner, __u8 outer)
{
	if (inner == ECN_NOT_CAPABLE)
		return outer == ECN_CONGESTION ? -1 : ECN_NOT_CAPABLE;
	if (inner == ECN_CONGESTION || outer == ECN_CONGESTION)
		return ECN_CONGESTION;
	return outer == ECN_CAPABLE_1 ? ECN_CAPABLE_1 : inner;
}

/* The codepoint of the IP packet at `offset`, or -1. */
static __always_inline int decapsulate_read_ecn(struct __sk_buff *skb, __u16 protocol, __u32 offset)
{
	const __u8 *ip = packet_need(skb, offset, 2);

	if (!ip)
		return -1;
	return protocol == ETH_P_IP ? ip[1] & ECN_MASK : ip[1] >> 4 & ECN_MASK;
}

/*
 * Writes the codepoint. A device may have summed up the packet: IPv4's own checksum makes up for the
 * change, for IPv6 the sum has to follow.
 */
static __always_inline void decapsulate_write_ecn(struct __sk_buff *skb, __u16 protocol, __u8 ecn)
{
	__u16 *word = packet_peek(skb, ETH_HLEN, sizeof(*word));
	struct iphdr *ip;
	__u16 before, after;

	if (!word)
		return;
	before = *word;
	after = protocol == ETH_P_IP
			? (before & bpf_htons((__u16)~ECN_MASK)) | bpf_htons(ecn)
			: (before & bpf_htons((__u16) ~(ECN_MASK << 4))) | bpf_htons(ecn << 4);
	if (before == after)
		return;
	*word = after;
	if (protocol == ETH_P_IP) {
		ip = packet_peek(skb, ETH_HLEN, sizeof(*ip));
		/* RFC 1624, equation 3. */
		if (ip)
			ip->check = ~checksum_fold((__u64)(__u16)~ip->check + (__u16)~before +
						   after);
	} else {
		bpf_csum_update(skb, (__u16)~before + after);
	}
}

/*
 * Whether the checksum of an outer IPv4 header is right. Nobody else looks at it: a packet comes out of its tunnel before
 * the stack sees it, and without an outer UDP checksum nothing else protects the addresses.
 */
static __always_inline bool decapsulate_header_is_right(struct __sk_buff *skb,
							const struct packet *packet)
{
	const __be32 *word = packet_peek(skb, ETH_HLEN, sizeof(struct iphdr));
	__u32 length = packet->transport_offset - ETH_HLEN;

	if (skb->protocol != bpf_htons(ETH_P_IP))
		return true;
	if (!word)
		return false;
	if (length > sizeof(struct iphdr))
		return checksum_bytes(skb, ETH_HLEN, length) == 0xffff;
	return checksum_fold((__u64)word[0] + word[1] + word[2] + word[3] + word[4]) == 0xffff;
}

/*
 * Whether the outer UDP checksum is right: as the device says, or else by the inner packet's own checksums, or else
 * by all of its bytes.
 */
static __always_inline bool decapsulate_verify(struct __sk_buff *skb, const struct packet *packet,
					       const struct geneve *geneve)
{
	const struct udphdr *udp = packet_peek(skb, packet->transport_offset, sizeof(*udp));
	__u32 offset = packet->transport_offset, length;
	int headers, contents;
	__sum16 check;
	__u64 sum;

	if (!udp)
		return false;
	check = udp->check;
	if (!check || bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY) >= 0)
		return true;
	length = bpf_ntohs(udp->len);
	headers = checksum_bytes(skb, offset, geneve->inner - offset);
	contents = checksum_of_packet(skb, geneve->protocol, geneve->inner,
				      offset + length - geneve->inner);
	sum = checksum_pseudo_header(&packet->tuple.source, &packet->tuple.destination, IPPROTO_UDP,
				     length);
	if (headers < 0)
		return false;
	/* Yet to be filled in by a device; between two namespaces none is. */
	if (checksum_fold(sum) == check)
		return true;
	if (contents >= 0 && checksum_fold(sum + headers + contents) == 0xffff)
		return true;
	headers = checksum_bytes(skb, offset, length);
	return headers >= 0 && checksum_fold(sum + headers) == 0xffff;
}

/*
 * Takes `length` bytes away behind the Ethernet header. Where the inner packet is of the other family, kernels before
 * Linux 6.3 have no flag for it, but can turn headers of one family into the other's, whose sizes differ.
 */
static __always_inline long decapsulate_shrink(struct __sk_buff *skb, __u32 length, __be16 inner)
{
	__u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO;
	__be16 outer;
	long result;

	if (skb->protocol == inner)
		return bpf_skb_adjust_room(skb, -(__s32)length, BPF_ADJ_ROOM_MAC, flags);
	flags |= inner == bpf_htons(ETH_P_IP) ? BPF_F_ADJ_ROOM_DECAP_L3_IPV4
					      : BPF_F_ADJ_ROOM_DECAP_L3_IPV6;
	result = bpf_skb_adjust_room(skb, -(__s32)length, BPF_ADJ_ROOM_MAC, flags);
	if (result != INVALID_ARGUMENT)
		return result;
	outer = skb->protocol;
	result = bpf_skb_change_proto(skb, inner, 0);
	if (result)
		return result;
	length += inner == bpf_htons(ETH_P_IP) ? sizeof(struct iphdr) - sizeof(struct ipv6hdr)
					       : sizeof(struct ipv6hdr) - sizeof(struct iphdr);
	result = bpf_skb_adjust_room(skb, -(__s32)length, BPF_ADJ_ROOM_MAC,
				     BPF_F_ADJ_ROOM_FIXED_GSO);
	/* What is dropped is counted with the length that it came with. */
	if (result)
		bpf_skb_change_proto(skb, outer, 0);
	return result;
}

/*
 * Takes the packet out of its tunnel. Its Ethernet header is the outer one's. Returns 0 or the reason to
 * drop.
 */
__noinline int decapsulate(struct __sk_buff *skb, const struct packet *packet,
			   const struct geneve *geneve)
{
	__be16 inner;
	struct ethhdr *ethernet;
	int ecn, outer_ecn;

	if (!packet || !geneve)
		return REASON_REWRITE_FAILED;
	inner = bpf_htons(geneve->protocol);
	outer_ecn = decapsulate_read_ecn(skb, bpf_ntohs(skb->protocol), ETH_HLEN);
	ecn = decapsulate_read_ecn(skb, geneve->protocol, geneve->inner);
	if (outer_ecn < 0 || ecn < 0)
		return REASON_TUNNEL_TRUNCATED;
	if (!decapsulate_header_is_right(skb, packet) || !decapsulate_verify(skb, packet, geneve))
		return REASON_TUNNEL_CHECKSUM;
	ecn = decapsulate_ecn(ecn, outer_ecn);
	if (ecn < 0)
		return REASON_TUNNEL_CONGESTION;
	if (decapsulate_shrink(skb, geneve->inner - ETH_HLEN, inner))
		return REASON_REWRITE_FAILED;
	ethernet = packet_need(skb, 0, ETH_HLEN + 2);
	if (!ethernet)
		return REASON_TUNNEL_TRUNCATED;
	ethernet->h_proto = inner;
	decapsulate_write_ecn(skb, geneve->protocol, ecn);
	return 0;
}

#endif
