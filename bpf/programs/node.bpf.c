// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The programs on the node's own devices. Packets that concern no pod of this node are none of our
 * business and go on untouched.
 */
#include <linux/bpf.h>
#include "../include/fastpath.h"
#include "../include/ipv4.h"
#include "../include/ipv6.h"
#include "../include/link_control.h"
#include "../include/neighbour.h"
#include "../include/packet.h"
#include "../include/transport.h"
#include "../include/verdict.h"
#include "../maps/ndp_devices.h"
#include "../maps/node_addrs.h"

/*
 * Whether no packet from the network can have that source: one of this node's pods, the node itself,
 * their gateway, or what is on no network (RFC 1812 section 5.3.7). The kernel's own check is passed by.
 */
static __always_inline bool source_is_martian(const struct ip_addr *source)
{
	return ip_addr_is_unspecified(source) || ip_addr_is_loopback(source) ||
	       ip_addr_is_multicast(source) || ip_addr_is_link_local(source) ||
	       gateway_has(source) || endpoint_find(source) || node_has_address(source);
}

/* Hands the packet to the pod it is for, if there is one here, and keeps that for the next. */
__noinline int from_net_slow(struct __sk_buff *skb, struct packet *packet)
{
	const struct endpoint *target;
	struct flow flow = {};

	if (!packet)
		return VERDICT_DROP;
	flow_begin(&flow, skb);
	target = endpoint_find(&packet->key.destination);
	if (!target)
		return verdict_next(skb, HOOK_FROM_NET, REASON_PASSED);
	if (source_is_martian(&packet->key.source))
		return verdict_drop(skb, HOOK_FROM_NET, REASON_MARTIAN);
	flow_set_target(&flow, target);
	nexthop_set_pod(&flow.nexthop, target);
	return flow_commit(skb, packet, &flow);
}

/*
 * Answers a request for the link-layer address of a pod of this node, on the devices that are chosen for
 * that. Everything else is left to the kernel.
 */
__noinline int from_net_neighbour(struct __sk_buff *skb)
{
	const struct ndp_speaker *speaker;
	__u32 ifindex = skb->ifindex;
	struct ip_addr target = {};
	int problem;

	speaker = bpf_map_lookup_elem(&ndp_devices, &ifindex);
	if (!speaker || !neighbour_asked(skb, &target) || !endpoint_find(&target))
		return verdict_next(skb, HOOK_FROM_NET, REASON_PASSED);
	problem = neighbour_answer(skb, speaker);
	if (problem)
		return verdict_drop(skb, HOOK_FROM_NET, problem);
	counter_add(HOOK_FROM_NET, REASON_ANSWERED, skb->len - ETH_HLEN);
	return bpf_redirect(ifindex, 0);
}

/* The part of a VLAN's tag that says which one it is. */
#define VLAN_ID 0x0fff

/* Ingress of a device of the node: what the network sends. */
SEC("tcx/ingress")
int from_net(struct __sk_buff *skb)
{
	struct packet packet = {.key.hook = HOOK_FROM_NET};
	struct flow *flow;
	int problem;

	/* Another station's frame, or a VLAN's that has a device of its own. */
	if (skb->pkt_type == PACKET_OTHERHOST || (skb->vlan_present && (skb->vlan_tci & VLAN_ID)))
		return verdict_next(skb, HOOK_FROM_NET, REASON_PASSED);
	/* A tag without a VLAN is a priority and nothing else (IEEE 802.1Q section 6.9.1). */
	if (skb->vlan_present && bpf_skb_vlan_pop(skb))
		return verdict_drop(skb, HOOK_FROM_NET, REASON_REWRITE_FAILED);
	/* What is for several stations is routed by none. */
	if (skb->pkt_type != PACKET_HOST || skb->protocol == bpf_htons(ETH_P_ARP))
		return from_net_neighbour(skb);
	if (skb->protocol == bpf_htons(ETH_P_IP))
		problem = ipv4_parse(skb, &packet);
	else if (skb->protocol == bpf_htons(ETH_P_IPV6))
		problem = ipv6_parse(skb, &packet);
	else
		return verdict_next(skb, HOOK_FROM_NET, REASON_PASSED);
	if (!problem)
		problem = transport_parse(skb, &packet);
	/* The kernel's own checks apply to what is for the node; for a pod it is dropped there. */
	if (problem)
		return verdict_next(skb, HOOK_FROM_NET, REASON_PASSED);
	if (link_control_type(skb, &packet))
		return from_net_neighbour(skb);

	flow = fastpath_find(skb, &packet);
	if (!flow)
		return from_net_slow(skb, &packet);
	fastpath_count(skb, &packet, flow);
	return forward(skb, HOOK_FROM_NET, &flow->nexthop);
}

/* Egress of a device of the node: what the node and its pods send to the network. */
SEC("tcx/egress")
int to_net(struct __sk_buff *skb)
{
	return verdict_next(skb, HOOK_TO_NET, REASON_PASSED);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
