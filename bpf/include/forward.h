/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_FORWARD_H
#define HEDDLE_FORWARD_H

#include <linux/bpf.h>
#include "ipv4.h"
#include "ipv6.h"
#include "nexthop.h"
#include "packet.h"
#include "settings.h"
#include "tunnel.h"
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

static __always_inline int forward_to_pod(struct __sk_buff *skb, enum hook hook,
					  const struct nexthop *nexthop)
{
	struct ethhdr *ethernet = packet_peek(skb, 0, sizeof(*ethernet));

	if (!ethernet)
		return verdict_drop(skb, hook, REASON_REWRITE_FAILED);
	mac_addr_copy(ethernet->h_dest, &nexthop->destination_mac);
	mac_addr_copy(ethernet->h_source, &gateway_mac);
	counter_add(hook, REASON_TO_POD, skb->len - ETH_HLEN);
	return bpf_redirect_peer(nexthop->ifindex, 0);
}

static __always_inline int forward_to_neighbour(const struct nexthop *nexthop)
{
	struct bpf_redir_neigh neighbour = {};

	if (ip_addr_is_ipv4(&nexthop->gateway)) {
		neighbour.nh_family = FAMILY_IPV4;
		neighbour.ipv4_nh = nexthop->gateway.word[3];
	} else {
		neighbour.nh_family = FAMILY_IPV6;
		__builtin_memcpy(neighbour.ipv6_nh, nexthop->gateway.word,
				 sizeof(nexthop->gateway));
	}
	return bpf_redirect_neigh(nexthop->ifindex, &neighbour, sizeof(neighbour), 0);
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
					     const struct flow *flow)
{
	__u32 bytes = skb->len - ETH_HLEN;
	enum hook hook = packet->key.hook;
	int problem;

	problem = tunnel_enter(skb, flow->nexthop.tunnel, flow->identity,
			       encapsulate_hash(&packet->key));
	if (problem)
		return verdict_drop(skb, hook, problem);
	counter_add(hook, REASON_TO_TUNNEL, bytes);
	return forward_to_neighbour(&flow->nexthop);
}

/* Whether packets that go this way are put into a tunnel. */
static __always_inline bool forward_tunnels(const struct nexthop *nexthop)
{
	return nexthop->kind == NEXTHOP_TUNNEL ||
	       (nexthop->kind == NEXTHOP_UNRESOLVED && nexthop->tunnel);
}

static __always_inline enum reason forward_reason(const struct nexthop *nexthop)
{
	if (forward_tunnels(nexthop))
		return REASON_TO_TUNNEL;
	switch (nexthop->kind) {
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
					    const struct nexthop *nexthop)
{
	if (nexthop->kind == NEXTHOP_STACK)
		return 0;
	if (packet->options)
		return REASON_OPTIONS;
	if (packet->ttl <= 1)
		return REASON_TTL_EXPIRED;
	if (packet_wire_length(skb, packet) > nexthop->mtu)
		return REASON_TOO_BIG;
	if (tunnel_checksum && skb->gso_size && forward_tunnels(nexthop))
		return REASON_CUT_UP;
	return 0;
}

/* To somebody on this node: a pod, or the stack. */
static __always_inline int forward_here(struct __sk_buff *skb, enum hook hook,
					const struct nexthop *nexthop)
{
	if (nexthop->kind == NEXTHOP_STACK)
		return forward_to_stack(skb, hook, REASON_TO_STACK);
	if (!forward_decrement_ttl(skb))
		return verdict_drop(skb, hook, REASON_REWRITE_FAILED);
	return forward_to_pod(skb, hook, nexthop);
}

/* Sends the packet on its way; `forward_obstacle` found none. */
static __always_inline int forward(struct __sk_buff *skb, const struct packet *packet,
				   const struct flow *flow)
{
	const struct nexthop *nexthop = &flow->nexthop;
	enum hook hook = packet->key.hook;

	if (nexthop->kind == NEXTHOP_STACK || nexthop->kind == NEXTHOP_POD)
		return forward_here(skb, hook, nexthop);
	if (!forward_decrement_ttl(skb))
		return verdict_drop(skb, hook, REASON_REWRITE_FAILED);
	if (forward_tunnels(nexthop))
		return forward_to_tunnel(skb, packet, flow);
	counter_add(hook, REASON_TO_NEIGHBOUR, skb->len - ETH_HLEN);
	return forward_to_neighbour(nexthop);
}

#endif
