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
#include "../include/slowpath.h"
#include "../include/transport.h"
#include "../include/tunnel.h"
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

/* Verifies the sender, and finds the next hop. Returns a verdict, or `SLOWPATH_DECIDED`. */
static __always_inline int from_pod_find(struct __sk_buff *skb, struct packet *packet,
					 struct draft *draft)
{
	const struct endpoint *source, *target;
	int problem;
	__u32 tunnel;

	source = endpoint_find(&packet->tuple.source);
	if (!source || source->ifindex != skb->ifindex)
		return verdict_drop(skb, HOOK_FROM_POD, REASON_SPOOFED_ADDRESS);
	if (!comes_from(skb, &source->mac))
		return verdict_drop(skb, HOOK_FROM_POD, REASON_SPOOFED_MAC);
	draft_set_source(draft, source);

	problem = destination_problem(&packet->tuple.destination);
	if (problem)
		return verdict_drop(skb, HOOK_FROM_POD, problem);
	if (skb->pkt_type != PACKET_HOST)
		return verdict_drop(skb, HOOK_FROM_POD, REASON_OTHER_HOST);
	target = endpoint_find(&packet->tuple.destination);
	if (target) {
		draft_set_target(draft, target);
		nexthop_set_pod(&draft->nexthop, target);
	} else {
		tunnel = tunnel_use == TUNNEL_SEND ? tunnel_to(&packet->tuple.destination) : 0;
		if (tunnel)
			draft_set_target_tunnel(draft, tunnel);
		problem = tunnel ? tunnel_route(skb, tunnel, &draft->nexthop)
				 : route_find(skb, &packet->tuple, &draft->nexthop);
		if (problem == REASON_NO_TUNNEL)
			return verdict_drop(skb, HOOK_FROM_POD, problem);
		if (problem)
			return verdict_next(skb, HOOK_FROM_POD, problem);
		if (!tunnel)
			draft_set_leaving(draft);
	}
	return SLOWPATH_DECIDED;
}

__noinline int from_pod_decide(struct __sk_buff *skb, struct packet *packet)
{
	struct draft *draft;

	if (!packet)
		return VERDICT_DROP;
	draft = draft_begin(skb, packet);
	if (!draft)
		return verdict_drop(skb, HOOK_FROM_POD, REASON_TABLE_FULL);
	return slowpath_end(draft, from_pod_find(skb, packet, draft));
}

/* Ingress of the node's end: what the pod sends. */
SEC("tcx/ingress")
int from_pod(struct __sk_buff *skb)
{
	struct packet packet = {.hook = HOOK_FROM_POD};
	struct connection *connection;
	struct connection_key key;
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
	connection = fastpath_find(skb, &packet, &key);
	if (connection && skb->pkt_type == PACKET_HOST &&
	    comes_from(skb, &connection->way[packet.direction & 1].mac)) {
		problem = fastpath_take(skb, &packet, &key, connection);
		if (problem)
			return verdict_drop(skb, HOOK_FROM_POD, problem);
		return forward(skb, &packet, connection, packet.direction);
	}
	problem = from_pod_decide(skb, &packet);
	return problem == SLOWPATH_DECIDED ? slowpath_commit(skb, &packet) : problem;
}

/*
 * Verifies that the packet is for the pod behind the device, and is not another pod's in disguise. Returns a verdict, or
 * `SLOWPATH_DECIDED`.
 */
static __always_inline int to_pod_verify(struct __sk_buff *skb, struct packet *packet,
					 struct draft *draft)
{
	const struct endpoint *source, *target;

	target = endpoint_find(&packet->tuple.destination);
	if (!target || target->ifindex != skb->ifindex)
		return verdict_drop(skb, HOOK_TO_POD, REASON_WRONG_POD);
	/* What a pod of this node sent came in by its device, whatever way it took since. */
	source = endpoint_find(&packet->tuple.source);
	if (source && source->ifindex != skb->ingress_ifindex)
		return verdict_drop(skb, HOOK_TO_POD, REASON_MARTIAN);
	draft->passed = draft_has_passed(skb, source);
	draft_set_target(draft, target);
	draft->nexthop.kind = NEXTHOP_STACK;
	/* What is kept does not say by which device a packet came to the stack: each of a pod's is looked at. */
	if (source)
		draft->once = 1;
	return SLOWPATH_DECIDED;
}

__noinline int to_pod_decide(struct __sk_buff *skb, struct packet *packet)
{
	struct draft *draft;

	if (!packet)
		return VERDICT_DROP;
	draft = draft_begin(skb, packet);
	if (!draft)
		return verdict_drop(skb, HOOK_TO_POD, REASON_TABLE_FULL);
	return slowpath_end(draft, to_pod_verify(skb, packet, draft));
}

/* Egress of the node's end: what the node's stack sends to the pod. */
SEC("tcx/egress")
int to_pod(struct __sk_buff *skb)
{
	struct packet packet = {.hook = HOOK_TO_POD};
	struct connection *connection;
	struct connection_key key;
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

	connection = fastpath_find(skb, &packet, &key);
	if (connection) {
		problem = fastpath_take(skb, &packet, &key, connection);
		if (problem)
			return verdict_drop(skb, HOOK_TO_POD, problem);
		return verdict_next(skb, HOOK_TO_POD, REASON_PASSED);
	}
	if (link_control_type(skb, &packet))
		return verdict_next(skb, HOOK_TO_POD, REASON_PASSED);
	problem = to_pod_decide(skb, &packet);
	return problem == SLOWPATH_DECIDED ? slowpath_commit(skb, &packet) : problem;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
