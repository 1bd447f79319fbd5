/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_IPV6_H
#define HEDDLE_IPV6_H

#include <linux/ipv6.h>
#include "extension.h"
#include "packet.h"

/*
 * Walks the chain of extension headers to the transport header. A function of its own, so that the
 * common packet without any does not pay for it. Returns 0 or the reason to drop.
 */
__noinline int ipv6_skip_extensions(struct __sk_buff *skb, struct packet *packet)
{
	if (!packet)
		return REASON_BAD_HEADER;
	for (int i = 0; i < IPV6_MAX_EXTENSIONS; i++) {
		__u8 protocol = packet->tuple.protocol;
		struct ipv6_extension *extension;
		__u32 size;

		if (!ipv6_is_extension(protocol))
			return 0;
		extension = packet_transport(skb, packet, sizeof(*extension));
		if (!extension)
			return REASON_TRUNCATED;
		size = ipv6_extension_size(protocol, extension);
		if (size < ipv6_extension_least(protocol))
			return REASON_BAD_HEADER;
		if (size > packet_payload(packet))
			return REASON_TRUNCATED;
		packet->tuple.protocol = extension->next;
		packet->transport_offset += size;
		if (protocol == IPPROTO_HOPOPTS)
			packet->options = 1;
		if (protocol == IPPROTO_FRAGMENT &&
		    (extension->fragment_offset &
		     bpf_htons(IPV6_FRAGMENT_OFFSET | IPV6_MORE_FRAGMENTS))) {
			packet->fragment = 1;
			return 0;
		}
	}
	return ipv6_is_extension(packet->tuple.protocol) ? REASON_EXTENSION_HEADERS : 0;
}

/* Reads the IPv6 header (RFC 8200 section 3). Returns 0 or the reason to drop. */
static __always_inline int ipv6_parse(struct __sk_buff *skb, struct packet *packet)
{
	struct ipv6hdr *ip = packet_need(skb, ETH_HLEN, sizeof(*ip));

	if (!ip)
		return REASON_TRUNCATED;
	if (ip->version != 6)
		return REASON_BAD_HEADER;
	packet->bytes = sizeof(*ip) + bpf_ntohs(ip->payload_len);
	if (packet_end(packet) > skb->len)
		return REASON_TRUNCATED;
	/* A jumbogram, or a buffer of more than 65535 bytes that is cut up later (RFC 2675). */
	if (!ip->payload_len && (ip->nexthdr == IPPROTO_HOPOPTS || skb->gso_size))
		packet->bytes = skb->len - ETH_HLEN;

	__builtin_memcpy(&packet->tuple.source, &ip->saddr, sizeof(packet->tuple.source));
	__builtin_memcpy(&packet->tuple.destination, &ip->daddr, sizeof(packet->tuple.destination));
	/* IPv4 addresses in the memory of a host, as they are in our keys, and none on the wire. */
	if (ip_addr_is_ipv4(&packet->tuple.source) || ip_addr_is_ipv4(&packet->tuple.destination))
		return REASON_BAD_HEADER;
	packet->tuple.protocol = ip->nexthdr;
	packet->ttl = ip->hop_limit;
	packet->transport_offset = ETH_HLEN + sizeof(*ip);
	if (!ipv6_is_extension(packet->tuple.protocol))
		return 0;
	return ipv6_skip_extensions(skb, packet);
}

#endif
