/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_FORWARD_H
#define HEDDLE_FORWARD_H

#include <linux/bpf.h>
#include "ipv4.h"
#include "ipv6.h"
#include "connection.h"
#include "nexthop.h"
#include "packet.h"
#include "path_mtu.h"
#include "settings.h"
#include "tunnel.h"
#include "verdict.h"
#include "way.h"

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

static __always_inline int forward_to_neighbour(__u32 ifindex, const struct ip_addr *gateway)
{
	struct bpf_redir_neigh neighbour = {};

	if (ip_addr_is_ipv4(gateway)) {
		neighbour.nh_family = FAMILY_IPV4;
		neighbour.ipv4_nh = gateway->word[3];
	} else {
		neighbour.nh_family = FAMILY_IPV6;
		__builtin_memcpy(neighbour.ipv6_nh, gateway->word, sizeof(*gateway));
	}
	return bpf_redirect_neigh(ifindex, &neighbour, sizeof(neighbour), 0);
}

/* Leaves the packet to the kernel. One from a tunnel comes to its stack by the tunnel device. */
static __always_inline int forward_to_stack(struct __sk_buff *skb, enum hook hook,
					    enum reason reason)
{
	const struct tunnel_self *self;
	struct ethhdr *ethernet;

	if (hook != HOOK_FROM_TUNNEL || tunnel_use != TUNNEL_SEND)
		return verdict_next(skb, hook, reason);
	self = tunnel_self_get();
	ethernet = packet_peek(skb, 0, sizeof(*ethernet));
	if (!self || !self->ifindex || !ethernet)
		return verdict_next(skb, hook, reason);
	mac_addr_copy(ethernet->h_dest, &gateway_mac);
	counter_add(hook, reason, skb->len - ETH_HLEN);
	return bpf_redirect(self->ifindex, BPF_F_INGRESS);
}

/* Into the tunnel, and to the neighbour by whom the other end is reached. */
static __always_inline int forward_to_tunnel(struct __sk_buff *skb, const struct packet *packet,
					     const struct connection_way *way,
					     const struct ip_addr *gateway)
{
	__u32 bytes = skb->len - ETH_HLEN;
	int problem;

	problem = tunnel_enter(skb, way_tunnel_to(way), way->identity,
			       encapsulate_hash(&packet->tuple));
	if (problem)
		return verdict_drop(skb, packet->hook, problem);
	counter_add(packet->hook, REASON_TO_TUNNEL, bytes);
	return forward_to_neighbour(way->egress_ifindex, gateway);
}

static __always_inline enum reason forward_reason(const struct connection_way *way)
{
	if (way_tunnel_to(way))
		return REASON_TO_TUNNEL;
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

/* Bytes of the largest packet that may go this way. What is known of a tunnel's may change with every packet. */
static __always_inline __u32 forward_mtu(const struct packet *packet,
					 const struct connection_way *way)
{
	__u32 tunnel = way_tunnel_to(way), known;

	if (!tunnel)
		return way->mtu;
	known = path_mtu_of(tunnel, ip_addr_is_ipv4(&packet->tuple.destination));
	return known < way->mtu ? known : way->mtu;
}

/* Why the packet cannot go this way past the stack, or 0 when it can. */
static __always_inline int forward_obstacle(const struct __sk_buff *skb,
					    const struct packet *packet,
					    const struct connection_way *way)
{
	/* What the stack sends it has routed, and cut to size. */
	if (way->kind == NEXTHOP_STACK || packet->hook == HOOK_TO_TUNNEL)
		return 0;
	if (packet->ttl <= 1)
		return REASON_TTL_EXPIRED;
	if (packet->options)
		return REASON_OPTIONS;
	if (packet_wire_length(skb, packet) > forward_mtu(packet, way))
		return REASON_TOO_BIG;
	if (tunnel_checksum && skb->gso_size && way_tunnel_to(way))
		return REASON_CUT_UP;
	return 0;
}

/*
 * What becomes of a packet that cannot go this way. The kernel may know another way than the tunnel, as to another
 * node's own address. So what only the tunnel's way is too narrow for goes to the tunnel device, where it is cut up
 * or answered; what does not fit that either is left to the kernel.
 */
static __always_inline int forward_obstructed(struct __sk_buff *skb, enum hook hook,
					      const struct connection_way *way,
					      enum reason obstacle)
{
	const struct tunnel_self *self = tunnel_self_get();
	struct ethhdr *ethernet;
	__u32 mtu = 0;

	if (obstacle != REASON_TOO_BIG || !way_tunnel_to(way) || !self || !self->ifindex ||
	    bpf_check_mtu(skb, self->ifindex, &mtu, 0, 0))
		return forward_to_stack(skb, hook, obstacle);
	ethernet = packet_peek(skb, 0, sizeof(*ethernet));
	if (!ethernet || !forward_decrement_ttl(skb))
		return verdict_drop(skb, hook, REASON_REWRITE_FAILED);
	/* As what comes from the stack. There the program puts notes in its place. */
	mac_addr_copy(ethernet->h_source, &gateway_mac);
	counter_add(hook, obstacle, skb->len - ETH_HLEN);
	return bpf_redirect(self->ifindex, 0);
}

/* Sends the packet on its way, which is that direction of the connection; `forward_obstacle` found none. */
static __always_inline int forward(struct __sk_buff *skb, const struct packet *packet,
				   const struct connection *connection, enum direction direction)
{
	const struct connection_way *way = &connection->way[direction & 1];
	enum hook hook = packet->hook;

	if (way->kind == NEXTHOP_STACK)
		return forward_to_stack(skb, hook, REASON_TO_STACK);
	if (hook != HOOK_TO_TUNNEL && !forward_decrement_ttl(skb))
		return verdict_drop(skb, hook, REASON_REWRITE_FAILED);
	if (way->kind == NEXTHOP_POD)
		return forward_to_pod(skb, hook, way->egress_ifindex,
				      &connection->way[!direction].mac);
	if (way_tunnel_to(way))
		return forward_to_tunnel(skb, packet, way, &connection->gateway);
	counter_add(hook, REASON_TO_NEIGHBOUR, skb->len - ETH_HLEN);
	return forward_to_neighbour(way->egress_ifindex, &connection->gateway);
}

#endif
