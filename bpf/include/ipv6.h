/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_IPV6_H
#define HEDDLE_IPV6_H

#include <linux/in6.h>
#include <linux/ipv6.h>
#include "packet.h"

/* Extension headers that are looked through; the kernel itself allows 8 of a kind by default. */
#define IPV6_MAX_EXTENSIONS 8
#define IPV6_FRAGMENT_OFFSET 0xfff8
#define IPV6_MORE_FRAGMENTS 0x0001

/* Authentication header (RFC 4302); its length counts 4-byte words minus 2. */
#define IPV6_AUTHENTICATION 51

/* The first 8 bytes of any extension header (RFC 8200 section 4); the fragment header is no longer. */
struct ipv6_extension {
	__u8 next;
	__u8 length;
	__be16 fragment_offset;
	__be32 fragment_id;
};

static __always_inline bool ipv6_is_extension(__u8 protocol)
{
	switch (protocol) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_DSTOPTS:
	case IPV6_AUTHENTICATION:
		return true;
	default:
		return false;
	}
}

static __always_inline __u32 ipv6_extension_size(__u8 protocol,
						 const struct ipv6_extension *extension)
{
	switch (protocol) {
	case IPPROTO_FRAGMENT:
		return sizeof(*extension);
	case IPV6_AUTHENTICATION:
		return (extension->length + 2) * 4;
	default:
		return (extension->length + 1) * 8;
	}
}

/*
 * Walks the chain of extension headers to the transport header. A function of its own, so that the
 * common packet without any does not pay for it. Returns 0 or the reason to drop.
 */
__noinline int ipv6_skip_extensions(struct __sk_buff *skb, struct packet *packet)
{
	if (!packet)
		return REASON_BAD_HEADER;
	for (int i = 0; i < IPV6_MAX_EXTENSIONS; i++) {
		__u8 protocol = packet->key.protocol;
		struct ipv6_extension *extension;

		if (!ipv6_is_extension(protocol))
			break;
		extension = packet_need_transport(skb, packet, sizeof(*extension));
		if (!extension)
			return REASON_TRUNCATED;
		/* Its fixed part alone has 12 bytes. */
		if (protocol == IPV6_AUTHENTICATION && !extension->length)
			return REASON_BAD_HEADER;
		packet->key.protocol = extension->next;
		packet->transport_offset += ipv6_extension_size(protocol, extension);
		if (protocol == IPPROTO_HOPOPTS)
			packet->options = 1;
		if (protocol == IPPROTO_FRAGMENT &&
		    (extension->fragment_offset &
		     bpf_htons(IPV6_FRAGMENT_OFFSET | IPV6_MORE_FRAGMENTS))) {
			__u32 fragment = bpf_ntohs(extension->fragment_offset);

			packet->key.fragment = 1;
			return packet_fragment_is_bad(packet, fragment & IPV6_FRAGMENT_OFFSET,
						      fragment & IPV6_MORE_FRAGMENTS)
				       ? REASON_BAD_HEADER
				       : 0;
		}
	}
	if (ipv6_is_extension(packet->key.protocol))
		return REASON_EXTENSION_HEADERS;
	return packet->transport_offset > packet->end ? REASON_TRUNCATED : 0;
}

/* Reads the IPv6 header (RFC 8200 section 3). Returns 0 or the reason to drop. */
static __always_inline int ipv6_parse(struct __sk_buff *skb, struct packet *packet)
{
	struct ipv6hdr *ip = packet_need(skb, ETH_HLEN, sizeof(*ip));
	__u32 payload;

	if (!ip)
		return REASON_TRUNCATED;
	if (ip->version != 6)
		return REASON_BAD_HEADER;
	payload = bpf_ntohs(ip->payload_len);
	if (ETH_HLEN + sizeof(*ip) + payload > skb->len)
		return REASON_TRUNCATED;

	__builtin_memcpy(&packet->key.source, &ip->saddr, sizeof(packet->key.source));
	__builtin_memcpy(&packet->key.destination, &ip->daddr, sizeof(packet->key.destination));
	/* IPv4 addresses in the memory of a host, as they are in our keys, and none on the wire. */
	if (ip_addr_is_ipv4(&packet->key.source) || ip_addr_is_ipv4(&packet->key.destination))
		return REASON_BAD_HEADER;
	packet->key.protocol = ip->nexthdr;
	packet->ttl = ip->hop_limit;
	packet->transport_offset = ETH_HLEN + sizeof(*ip);
	packet->end = packet->transport_offset + payload;
	/* Longer than its header can say: a buffer that is cut up later (BIG TCP), or a jumbogram (RFC 2675). */
	if (!payload &&
	    (ip->nexthdr == IPPROTO_HOPOPTS || (ip->nexthdr == IPPROTO_TCP && skb->gso_size)))
		packet->end = skb->len;
	if (!ipv6_is_extension(packet->key.protocol))
		return 0;
	return ipv6_skip_extensions(skb, packet);
}

#endif
