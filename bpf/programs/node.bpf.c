// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The programs on the node's own devices. Packets that concern no pod of this node are none of our
 * business and go on untouched.
 */
#include <linux/bpf.h>
#include "../include/fastpath.h"
#include "../include/ipv4.h"
#include "../include/ipv6.h"
#include "../include/packet.h"
#include "../include/slowpath.h"
#include "../include/transport.h"
#include "../include/verdict.h"
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

/* Finds the pod that the packet is for, if there is one here. Returns a verdict, or `SLOWPATH_DECIDED`. */
__noinline int from_net_decide(struct __sk_buff *skb, struct packet *packet)
{
	const struct endpoint *target;
	struct draft *draft;

	if (!packet)
		return VERDICT_DROP;
	target = endpoint_find(&packet->tuple.destination);
	if (!target)
		return verdict_next(skb, HOOK_FROM_NET, REASON_PASSED);
	if (source_is_martian(&packet->tuple.source))
		return verdict_drop(skb, HOOK_FROM_NET, REASON_MARTIAN);
	draft = draft_begin(skb, packet);
	if (!draft)
		return verdict_drop(skb, HOOK_FROM_NET, REASON_TABLE_FULL);
	draft_set_target(draft, target);
	nexthop_set_pod(&draft->nexthop, target);
	return SLOWPATH_DECIDED;
}

/* The part of a VLAN's tag that says which one it is. */
#define VLAN_ID 0x0fff

/* Ingress of a device of the node: what the network sends. */
SEC("tcx/ingress")
int from_net(struct __sk_buff *skb)
{
	struct packet packet = {.hook = HOOK_FROM_NET};
	struct connection *connection;
	struct connection_key key;
	int problem;

	/* Another station's frame, or a VLAN's that has a device of its own. */
	if (skb->pkt_type != PACKET_HOST || (skb->vlan_present && (skb->vlan_tci & VLAN_ID)))
		return verdict_next(skb, HOOK_FROM_NET, REASON_PASSED);
	/* A tag without a VLAN is a priority and nothing else (IEEE 802.1Q section 6.9.1). */
	if (skb->vlan_present && bpf_skb_vlan_pop(skb))
		return verdict_drop(skb, HOOK_FROM_NET, REASON_REWRITE_FAILED);
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

	connection = fastpath_find(skb, &packet, &key);
	if (!connection) {
		problem = from_net_decide(skb, &packet);
		return problem == SLOWPATH_DECIDED ? slowpath_commit(skb, &packet) : problem;
	}
	problem = fastpath_take(&packet, &key, connection);
	if (problem)
		return verdict_drop(skb, HOOK_FROM_NET, problem);
	return forward(skb, &packet, connection, packet.direction);
}

/* Egress of a device of the node: what the node and its pods send to the network. */
SEC("tcx/egress")
int to_net(struct __sk_buff *skb)
{
	return verdict_next(skb, HOOK_TO_NET, REASON_PASSED);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
