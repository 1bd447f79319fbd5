/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_GENEVE_READ_H
#define HEDDLE_GENEVE_READ_H

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include "geneve.h"
#include "identity.h"
#include "packet.h"
#include "reason.h"

/* What a tunnelled packet's headers say, and whether they may be believed. */

/* As many as fit into a header without contents. */
#define GENEVE_MAX_OPTIONS 63

/* What was found among options. */
#define GENEVE_SEEN_CLUSTER 1
#define GENEVE_SEEN_SERVICE 2
#define GENEVE_SEEN_CRITICAL 4

/* Which of our options it is, as one of `GENEVE_SEEN_`, or 0. */
static __always_inline __u32 geneve_known_option(const struct geneve_option *option)
{
	__u8 length = option->length & GENEVE_OPTION_LENGTH;

	if (option->class != bpf_htons(GENEVE_CLASS_HEDDLE))
		return 0;
	if (option->type == GENEVE_CLUSTER && length == GENEVE_CLUSTER_LENGTH)
		return GENEVE_SEEN_CLUSTER;
	if ((option->type == GENEVE_DSR_IPV4 && length == GENEVE_DSR_IPV4_LENGTH) ||
	    (option->type == GENEVE_DSR_IPV6 && length == GENEVE_DSR_IPV6_LENGTH))
		return GENEVE_SEEN_SERVICE;
	return 0;
}

/* What `geneve_check_option` gives of an option besides its length in bytes, which has 8 bits. */
#define GENEVE_SEEN_SHIFT 8

/*
 * Reads the option at `offset`, before `end`. Gives its length and what it is, or the reason to drop as a
 * negative number.
 */
__noinline int geneve_check_option(struct __sk_buff *skb, __u32 offset, __u32 end)
{
	const struct geneve_option *option = packet_peek(skb, offset, sizeof(*option));
	const struct geneve_cluster_option *cluster;
	__u32 known, length, critical;

	if (!option)
		return -REASON_TUNNEL_OPTION;
	known = geneve_known_option(option);
	critical = option->type & GENEVE_OPTION_CRITICAL;
	length = sizeof(*option) + (option->length & GENEVE_OPTION_LENGTH) * 4;
	if (offset + length > end)
		return -REASON_TUNNEL_OPTION;
	if (critical && !known)
		return -REASON_TUNNEL_CRITICAL;
	if (known == GENEVE_SEEN_CLUSTER) {
		cluster = packet_peek(skb, offset, sizeof(*cluster));
		if (!cluster || !cluster->cluster)
			return -REASON_TUNNEL_IDENTITY;
	}
	return length | (known | (critical ? GENEVE_SEEN_CRITICAL : 0)) << GENEVE_SEEN_SHIFT;
}

/*
 * Reads the options from `offset` to `end`. Those that are not known are passed over, unless they are
 * critical. Returns 0 or the reason to drop.
 */
__noinline int geneve_check_options(struct __sk_buff *skb, __u32 offset, __u32 end, __u32 critical)
{
	__u32 seen = 0;

	for (int i = 0; i < GENEVE_MAX_OPTIONS && offset < end; i++) {
		int option = geneve_check_option(skb, offset, end);
		__u32 found;

		if (option < 0)
			return -option;
		found = (__u32)option >> GENEVE_SEEN_SHIFT;
		if (found & seen & ~GENEVE_SEEN_CRITICAL)
			return REASON_TUNNEL_OPTION;
		seen |= found;
		offset += option & ((1 << GENEVE_SEEN_SHIFT) - 1);
	}
	/* The header says whether it has critical options. */
	return !(seen & GENEVE_SEEN_CRITICAL) == !critical ? 0 : REASON_TUNNEL_OPTION;
}

/* What a tunnelled packet says before its contents are looked at. */
struct geneve {
	/* Bytes from the beginning of the frame to the inner IP header. */
	__u32 inner;
	/* Of the inner IP packet, in host byte order: ETH_P_IP or ETH_P_IPV6. */
	__u16 protocol;
	/* 1 when the message is for the end of the tunnel itself. */
	__u8 control;
	__u8 reserved;
	__u32 identity;
};

/*
 * Where the IP packet in the tunnel begins, and that it ends before `end`. Its other headers are read once it
 * is out of the tunnel.
 */
static __always_inline int geneve_read_inner(struct __sk_buff *skb, struct geneve *geneve,
					     __be16 protocol, __u32 end)
{
	const struct ethhdr *ethernet;
	const __be16 *ip;
	__u32 length;

	if (protocol == bpf_htons(GENEVE_FRAME)) {
		ethernet = packet_need(skb, geneve->inner, sizeof(*ethernet));
		if (!ethernet)
			return REASON_TUNNEL_TRUNCATED;
		protocol = ethernet->h_proto;
		geneve->inner += sizeof(*ethernet);
	}
	if (protocol != bpf_htons(ETH_P_IP) && protocol != bpf_htons(ETH_P_IPV6))
		return REASON_TUNNEL_PROTOCOL;
	geneve->protocol = bpf_ntohs(protocol);
	ip = packet_need(skb, geneve->inner, 3 * sizeof(*ip));
	if (!ip)
		return REASON_TUNNEL_TRUNCATED;
	length = protocol == bpf_htons(ETH_P_IP) ? bpf_ntohs(ip[1])
						 : sizeof(struct ipv6hdr) + bpf_ntohs(ip[2]);
	return geneve->inner + length > end ? REASON_TUNNEL_TRUNCATED : 0;
}

/*
 * Reads the tunnel's header behind the UDP header of a packet. The checksum is not looked at. Returns 0
 * or the reason to drop.
 */
static __always_inline int geneve_read(struct __sk_buff *skb, const struct packet *packet,
				       struct geneve *geneve)
{
	__u32 offset = packet->transport_offset, size = sizeof(struct udphdr);
	__u32 options, udp_length;
	const struct geneve_header *header;
	const struct udphdr *udp;
	__be16 protocol;
	__u8 flags;
	int problem;

	udp = packet_need(skb, offset, sizeof(*udp) + sizeof(*header));
	if (!udp)
		return REASON_TUNNEL_TRUNCATED;
	udp_length = bpf_ntohs(udp->len);
	size += sizeof(*header);
	if (udp_length < size || offset + udp_length > skb->len)
		return REASON_TUNNEL_TRUNCATED;
	header = (const void *)(udp + 1);
	if (header->version_length & ~GENEVE_LENGTH)
		return REASON_TUNNEL_VERSION;
	flags = header->flags;
	protocol = header->protocol;
	geneve->identity = bpf_ntohl(header->vni) >> GENEVE_VNI_SHIFT;
	options = (header->version_length & GENEVE_LENGTH) * 4;
	if (size + options > udp_length)
		return REASON_TUNNEL_OPTION;
	if (options || (flags & GENEVE_CRITICAL)) {
		if (bpf_skb_pull_data(skb, offset + size + options))
			return REASON_TUNNEL_OPTION;
		problem = geneve_check_options(skb, offset + size, offset + size + options,
					       flags & GENEVE_CRITICAL);
		if (problem)
			return problem;
	}
	geneve->control = (flags & GENEVE_CONTROL) != 0;
	if (geneve->control)
		return 0;
	if (!identity_may_travel(geneve->identity))
		return REASON_TUNNEL_IDENTITY;
	geneve->inner = offset + size + options;
	return geneve_read_inner(skb, geneve, protocol, offset + udp_length);
}

#endif
