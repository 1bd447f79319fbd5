/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_FORWARD_H
#define HEDDLE_FORWARD_H

#include <linux/bpf.h>
#include "ipv4.h"
#include "ipv6.h"
#include "connection.h"
#include "nexthop.h"
#include "packet.h"
#include "settings.h"
#include "verdict.h"

/* Address families as the kernel's routing calls know them. */
#define FAMILY_IPV4 2
#define FAMILY_IPV6 10

/* What a router does to the packet itself (RFC 1812 section 5.3.1, RFC 8200 section 3). */
static __always_inline bool forward_decrement_ttl(struct __sk_buff *skb)
{
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = packet_peek(skb, ETH_HLEN, sizeof(*ip));

		if (!ip)
			return false;
		ipv4_decrement_ttl(ip);
	} else {
		struct ipv6hdr *ip = packet_peek(skb, ETH_HLEN, sizeof(*ip));

		if (!ip)
			return false;
		ip->hop_limit -= 1;
		/*
		 * The device may have summed up the packet (CHECKSUM_COMPLETE); IPv4's own checksum makes
		 * up for a changed TTL, here the sum has to follow: by -1 in the low byte of a word.
		 */
		bpf_csum_update(skb, bpf_htons(0xfffe));
	}
	return true;
}

static __always_inline int forward_to_pod(struct __sk_buff *skb, enum hook hook, __u32 ifindex,
					  const struct mac_addr *mac)
{
	struct ethhdr *ethernet = packet_peek(skb, 0, sizeof(*ethernet));

	if (!ethernet)
		return verdict_drop(skb, hook, REASON_REWRITE_FAILED);
	mac_addr_copy(ethernet->h_dest, mac);
	mac_addr_copy(ethernet->h_source, &gateway_mac);
	counter_add(hook, REASON_TO_POD, skb->len - ETH_HLEN);
	return bpf_redirect_peer(ifindex, 0);
}

static __always_inline int forward_to_neighbour(struct __sk_buff *skb, enum hook hook,
						__u32 ifindex, const struct ip_addr *gateway)
{
	struct bpf_redir_neigh neighbour = {};

	if (ip_addr_is_ipv4(gateway)) {
		neighbour.nh_family = FAMILY_IPV4;
		neighbour.ipv4_nh = gateway->word[3];
	} else {
		neighbour.nh_family = FAMILY_IPV6;
		__builtin_memcpy(neighbour.ipv6_nh, gateway->word, sizeof(*gateway));
	}
	counter_add(hook, REASON_TO_NEIGHBOUR, skb->len - ETH_HLEN);
	return bpf_redirect_neigh(ifindex, &neighbour, sizeof(neighbour), 0);
}

static __always_inline enum reason forward_reason(const struct connection_way *way)
{
	switch (way->kind) {
	case NEXTHOP_POD:
		return REASON_TO_POD;
	case NEXTHOP_NEIGHBOUR:
	case NEXTHOP_UNRESOLVED:
		return REASON_TO_NEIGHBOUR;
	default:
		return REASON_TO_STACK;
	}
}

/* Why the packet cannot go this way past the stack, or 0 when it can. */
static __always_inline int forward_obstacle(const struct __sk_buff *skb,
					    const struct packet *packet,
					    const struct connection_way *way)
{
	if (way->kind == NEXTHOP_STACK)
		return 0;
	if (packet->ttl <= 1)
		return REASON_TTL_EXPIRED;
	if (packet->options)
		return REASON_OPTIONS;
	if (packet_wire_length(skb, packet) > way->mtu)
		return REASON_TOO_BIG;
	return 0;
}

/* Sends the packet on its way, which is that direction of the connection; `forward_obstacle` found none. */
static __always_inline int forward(struct __sk_buff *skb, const struct packet *packet,
				   const struct connection *connection, enum direction direction)
{
	const struct connection_way *way = &connection->way[direction & 1];
	enum hook hook = packet->hook;

	if (way->kind == NEXTHOP_STACK)
		return verdict_next(skb, hook, REASON_TO_STACK);
	if (!forward_decrement_ttl(skb))
		return verdict_drop(skb, hook, REASON_REWRITE_FAILED);
	if (way->kind == NEXTHOP_POD)
		return forward_to_pod(skb, hook, way->egress_ifindex,
				      &connection->way[!direction].mac);
	return forward_to_neighbour(skb, hook, way->egress_ifindex, &connection->gateway);
}

#endif
