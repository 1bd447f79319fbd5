// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The programs on the node's end of every pod's device pair. One pair of programs serves all pods:
 * what differs between them is in the map `endpoints`.
 */
#include <linux/bpf.h>
#include "../include/fastpath.h"
#include "../include/gateway.h"
#include "../include/ipv4.h"
#include "../include/ipv6.h"
#include "../include/link_control.h"
#include "../include/packet.h"
#include "../include/route.h"
#include "../include/transport.h"
#include "../include/verdict.h"

/* Whether the frame's source MAC address is the one given. */
static __always_inline bool comes_from(const struct __sk_buff *skb, const struct mac_addr *mac)
{
	const struct ethhdr *ethernet = packet_peek(skb, 0, sizeof(*ethernet));

	return ethernet && mac_addr_equal(ethernet->h_source, mac);
}

/* Why the destination is none that a router forwards to, or 0. */
static __always_inline int destination_problem(const struct ip_addr *destination)
{
	if (ip_addr_is_multicast(destination))
		return REASON_MULTICAST;
	if (ip_addr_is_link_local(destination) || ip_addr_is_loopback(destination) ||
	    ip_addr_is_unspecified(destination) || gateway_has(destination))
		return REASON_LINK_LOCAL;
	return 0;
}

/* Verifies the sender, finds the next hop, and keeps both for the packets to come. */
__noinline int from_pod_slow(struct __sk_buff *skb, struct packet *packet)
{
	const struct endpoint *source, *target;
	struct flow flow = {}, *held;
	__u32 slot;
	int problem;

	if (!packet)
		return VERDICT_DROP;
	flow_begin(&flow, skb);
	source = endpoint_find(&packet->key.source);
	if (!source || source->ifindex != skb->ifindex)
		return verdict_drop(skb, HOOK_FROM_POD, REASON_SPOOFED_ADDRESS);
	if (!comes_from(skb, &source->mac))
		return verdict_drop(skb, HOOK_FROM_POD, REASON_SPOOFED_MAC);
	flow_set_source(&flow, source);

	problem = destination_problem(&packet->key.destination);
	if (problem)
		return verdict_drop(skb, HOOK_FROM_POD, problem);
	if (skb->pkt_type != PACKET_HOST)
		return verdict_drop(skb, HOOK_FROM_POD, REASON_OTHER_HOST);
	target = endpoint_find(&packet->key.destination);
	if (target) {
		flow_set_target(&flow, target);
		nexthop_set_pod(&flow.nexthop, target);
	} else {
		slot = tunnel_use == TUNNEL_SEND ? tunnel_to(&packet->key.destination) : 0;
		problem = slot ? tunnel_route(skb, slot, &flow.nexthop)
			       : route_find(skb, &packet->key, &flow.nexthop);
		if (problem == REASON_NO_TUNNEL)
			return verdict_drop(skb, HOOK_FROM_POD, problem);
		if (problem)
			return verdict_next(skb, HOOK_FROM_POD, problem);
	}
	held = flow_awaited(packet, &flow);
	if (held)
		return flow_await(skb, packet, &flow, held);
	return flow_commit(skb, packet, &flow);
}

/* Ingress of the node's end: what the pod sends. */
SEC("tcx/ingress")
int from_pod(struct __sk_buff *skb)
{
	struct packet packet = {.key.hook = HOOK_FROM_POD};
	struct flow *flow;
	int problem;

	if (skb->vlan_present)
		return verdict_drop(skb, HOOK_FROM_POD, REASON_UNKNOWN_PROTOCOL);
	if (skb->protocol == bpf_htons(ETH_P_IP))
		problem = ipv4_parse(skb, &packet);
	else if (skb->protocol == bpf_htons(ETH_P_IPV6))
		problem = ipv6_parse(skb, &packet);
	else if (skb->protocol == bpf_htons(ETH_P_ARP))
		return gateway_answer(skb);
	else
		problem = REASON_UNKNOWN_PROTOCOL;
	if (!problem)
		problem = transport_parse(skb, &packet);
	if (problem)
		return verdict_drop(skb, HOOK_FROM_POD, problem);

	if (link_control_type(skb, &packet))
		return gateway_answer(skb);
	flow = fastpath_find(skb, &packet);
	if (flow && skb->pkt_type == PACKET_HOST && comes_from(skb, &flow->ingress_mac)) {
		fastpath_count(skb, &packet, flow);
		return forward(skb, &packet, flow);
	}
	return from_pod_slow(skb, &packet);
}

/* Verifies that the packet is for the pod behind the device, and is not another pod's in disguise. */
__noinline int to_pod_slow(struct __sk_buff *skb, struct packet *packet)
{
	const struct endpoint *source, *target;
	struct flow flow = {};

	if (!packet)
		return VERDICT_DROP;
	flow_begin(&flow, skb);
	target = endpoint_find(&packet->key.destination);
	if (!target || target->ifindex != skb->ifindex)
		return verdict_drop(skb, HOOK_TO_POD, REASON_WRONG_POD);
	/* What a pod of this node sent came in by its device, whatever way it took since. */
	source = endpoint_find(&packet->key.source);
	if (source && source->ifindex != skb->ingress_ifindex)
		return verdict_drop(skb, HOOK_TO_POD, REASON_MARTIAN);
	/* An entry does not say by which device the packet came to the stack: each is looked at. */
	if (source)
		return verdict_next(skb, HOOK_TO_POD, REASON_TO_STACK);
	flow_set_target(&flow, target);
	flow.nexthop.kind = NEXTHOP_STACK;
	return flow_commit(skb, packet, &flow);
}

/* Egress of the node's end: what the node's stack sends to the pod. */
SEC("tcx/egress")
int to_pod(struct __sk_buff *skb)
{
	struct packet packet = {.key.hook = HOOK_TO_POD};
	struct flow *flow;
	int problem;

	if (skb->protocol == bpf_htons(ETH_P_IP))
		problem = ipv4_parse(skb, &packet);
	else if (skb->protocol == bpf_htons(ETH_P_IPV6))
		problem = ipv6_parse(skb, &packet);
	else if (skb->protocol == bpf_htons(ETH_P_ARP))
		return verdict_next(skb, HOOK_TO_POD, REASON_PASSED);
	else
		problem = REASON_UNKNOWN_PROTOCOL;
	if (!problem)
		problem = transport_parse(skb, &packet);
	if (problem)
		return verdict_drop(skb, HOOK_TO_POD, problem);

	flow = fastpath_find(skb, &packet);
	if (flow) {
		fastpath_count(skb, &packet, flow);
		return verdict_next(skb, HOOK_TO_POD, REASON_PASSED);
	}
	if (link_control_type(skb, &packet))
		return verdict_next(skb, HOOK_TO_POD, REASON_PASSED);
	return to_pod_slow(skb, &packet);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
