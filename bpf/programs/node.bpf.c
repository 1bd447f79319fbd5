// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The programs on the node's own devices. Packets that concern no pod of this node are none of our
 * business and go on untouched.
 */
#include <linux/bpf.h>
#include "../include/decapsulate.h"
#include "../include/fastpath.h"
#include "../include/fragment.h"
#include "../include/geneve_read.h"
#include "../include/ipv4.h"
#include "../include/ipv6.h"
#include "../include/link_control.h"
#include "../include/neighbour.h"
#include "../include/packet.h"
#include "../include/path_mtu.h"
#include "../include/route.h"
#include "../include/too_big.h"
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

/*
 * Whether packets with the inner source may come out of the tunnel: the node's at the other end, and its pods'.
 */
static __always_inline bool tunnel_has(__u32 slot, const struct ip_addr *source)
{
	return tunnel_to(source) == slot;
}

/* Types of ICMP errors (RFC 792) besides "unreachable". */
#define ICMP_TIME_EXCEEDED 11
#define ICMP_PARAMETER_PROBLEM 12

/* 192.0.0.8, in whose name a node without an IPv4 address tells of errors (RFC 7600 section 4.8). */
#define IPV4_DUMMY bpf_htonl(0xc0000008)

/* Whether the packet is such an error. There is nothing else from that address, and nobody answers it. */
static __always_inline bool is_dummy_error(struct __sk_buff *skb, const struct packet *packet)
{
	const __u8 *type;

	if (!ip_addr_is_ipv4(&packet->key.source) || packet->key.source.word[3] != IPV4_DUMMY ||
	    packet->key.protocol != IPPROTO_ICMP || packet->key.fragment)
		return false;
	type = packet_peek(skb, packet->transport_offset, 1);
	return type && (*type == ICMP_UNREACHABLE || *type == ICMP_TIME_EXCEEDED ||
			*type == ICMP_PARAMETER_PROBLEM);
}

/* Hands what came out of a tunnel to the pod it is for, or to the node itself, and to nobody else. */
__noinline int from_tunnel_slow(struct __sk_buff *skb, struct packet *packet, __u32 slot,
				__u32 identity)
{
	const struct endpoint *target;
	struct flow flow = {};
	bool is_dummy;
	int obstacle;

	if (!packet)
		return VERDICT_DROP;
	is_dummy = is_dummy_error(skb, packet);
	flow_begin(&flow, skb);
	flow.identity = identity;
	flow.nexthop.tunnel = slot;
	if (source_is_martian(&packet->key.source))
		return verdict_drop(skb, HOOK_FROM_TUNNEL, REASON_MARTIAN);
	if (!is_dummy && !tunnel_has(slot, &packet->key.source))
		return verdict_drop(skb, HOOK_FROM_TUNNEL, REASON_TUNNEL_SOURCE);
	target = endpoint_find(&packet->key.destination);
	if (target) {
		flow_set_target(&flow, target);
		nexthop_set_pod(&flow.nexthop, target);
	} else if (node_has_address(&packet->key.destination)) {
		flow.nexthop.kind = NEXTHOP_STACK;
	} else {
		return verdict_drop(skb, HOOK_FROM_TUNNEL, REASON_TUNNEL_DESTINATION);
	}
	/* An entry would not tell errors from what else has no ports. */
	obstacle = is_dummy ? forward_obstacle(skb, packet, &flow.nexthop)
			    : flow_keep(skb, packet, &flow);
	return obstacle ? forward_to_stack(skb, HOOK_FROM_TUNNEL, obstacle)
			: forward_here(skb, HOOK_FROM_TUNNEL, &flow.nexthop);
}

/* Reads the headers of the IP packet. Returns 0 or the reason to drop. */
static __always_inline int parse(struct __sk_buff *skb, struct packet *packet)
{
	int problem = skb->protocol == bpf_htons(ETH_P_IP) ? ipv4_parse(skb, packet)
							   : ipv6_parse(skb, packet);

	return problem ? problem : transport_parse(skb, packet);
}

/* Verifies a packet for this node's end of tunnels, and goes on with what is in it. */
__noinline int from_tunnel(struct __sk_buff *skb, struct packet *packet)
{
	struct packet inner = {.key.hook = HOOK_FROM_TUNNEL};
	struct geneve geneve = {};
	struct flow *flow;
	int problem;
	__u32 slot;

	if (!packet)
		return VERDICT_DROP;
	slot = tunnel_of_node(&packet->key.source);
	problem = slot ? geneve_read(skb, packet, &geneve) : REASON_TUNNEL_PEER;
	if (!problem && geneve.control)
		return verdict_next(skb, HOOK_FROM_TUNNEL, REASON_TO_STACK);
	if (!problem)
		problem = decapsulate(skb, packet, &geneve);
	if (problem)
		return verdict_drop(skb, HOOK_FROM_TUNNEL, problem);

	problem = parse(skb, &inner);
	if (problem)
		return verdict_drop(skb, HOOK_FROM_TUNNEL, problem);
	flow = fastpath_find(skb, &inner);
	if (!flow || flow->nexthop.tunnel != slot || flow->identity != geneve.identity)
		return from_tunnel_slow(skb, &inner, slot, geneve.identity);
	fastpath_count(skb, &inner, flow);
	return forward_here(skb, HOOK_FROM_TUNNEL, &flow->nexthop);
}

/* Whether the packet is for this node's end of tunnels. */
static __always_inline bool is_tunnelled(const struct packet *packet)
{
	const struct flow_key *key = &packet->key;

	return tunnel_use != TUNNEL_UNUSED && key->protocol == IPPROTO_UDP && !key->fragment &&
	       key->destination_port == bpf_htons(GENEVE_PORT) &&
	       node_has_address(&key->destination);
}

/* Whether it tells the node of a packet of a tunnel that was too large for its way, from which we learn. */
static __always_inline bool is_tunnel_error(struct __sk_buff *skb, const struct packet *packet)
{
	__u8 protocol = packet->key.protocol;

	return tunnel_use != TUNNEL_UNUSED &&
	       (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6) &&
	       node_has_address(&packet->key.destination) && path_mtu_learn(skb, packet);
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
	if (skb->protocol != bpf_htons(ETH_P_IP) && skb->protocol != bpf_htons(ETH_P_IPV6))
		return verdict_next(skb, HOOK_FROM_NET, REASON_PASSED);
	problem = parse(skb, &packet);
	/* The kernel's own checks apply to what is for the node; for a pod it is dropped there. */
	if (problem)
		return verdict_next(skb, HOOK_FROM_NET, REASON_PASSED);
	if (link_control_type(skb, &packet))
		return from_net_neighbour(skb);
	if (is_tunnelled(&packet))
		return from_tunnel(skb, &packet);
	if (is_tunnel_error(skb, &packet)) {
		event_emit(skb, EVENT_DROP, HOOK_FROM_NET, REASON_TUNNEL_NARROW, 0);
		return verdict_next(skb, HOOK_FROM_NET, REASON_TUNNEL_NARROW);
	}

	flow = fastpath_find(skb, &packet);
	if (!flow)
		return from_net_slow(skb, &packet);
	fastpath_count(skb, &packet, flow);
	return forward(skb, &packet, flow);
}

/* Egress of a device of the node: what the node and its pods send to the network. */
SEC("tcx/egress")
int to_net(struct __sk_buff *skb)
{
	return verdict_next(skb, HOOK_TO_NET, REASON_PASSED);
}

/*
 * What to do with a packet that is larger than its tunnel's way: the other end of the device's pair, where packets may
 * be sent to the device once more, cuts it up, or the sender is told.
 */
__noinline int to_tunnel_too_big(struct __sk_buff *skb, struct packet *packet, __u32 mtu)
{
	const struct tunnel_self *self = tunnel_self_get();
	struct ethhdr *ethernet;
	__u32 bytes;
	int problem;

	if (!packet || !self)
		return VERDICT_DROP;
	if (fragment_is_allowed(skb)) {
		if (skb->ifindex == self->ifindex)
			return verdict_next(skb, HOOK_TO_TUNNEL, REASON_TOO_BIG);
		bytes = skb->len - ETH_HLEN;
		problem = fragment_spread(skb, packet, mtu);
		if (problem)
			return verdict_drop(skb, HOOK_TO_TUNNEL, problem);
		counter_add(HOOK_TO_TUNNEL, REASON_FRAGMENTED, bytes);
		return bpf_redirect(skb->ifindex, BPF_F_INGRESS);
	}
	if (!too_big_may_answer(skb, packet))
		return verdict_drop(skb, HOOK_TO_TUNNEL, REASON_UNTOLD);
	bytes = skb->len - ETH_HLEN;
	problem = too_big_answer(skb, packet, mtu);
	ethernet = packet_peek(skb, 0, sizeof(*ethernet));
	if (problem || !ethernet)
		return verdict_drop(skb, HOOK_TO_TUNNEL, REASON_REWRITE_FAILED);
	mac_addr_copy(ethernet->h_dest, &gateway_mac);
	counter_add(HOOK_TO_TUNNEL, REASON_TOLD, bytes);
	return bpf_redirect(self->ifindex, BPF_F_INGRESS);
}

/* Sends it into the tunnel, if it fits. */
static __always_inline int to_tunnel_commit(struct __sk_buff *skb, struct packet *packet,
					    const struct flow *flow)
{
	__u32 mtu = forward_mtu(packet, &flow->nexthop);

	if (packet_wire_length(skb, packet) > mtu)
		return to_tunnel_too_big(skb, packet, mtu);
	return forward_to_tunnel(skb, packet, flow);
}

/* Finds the tunnel for what the node's stack sends to another node's pod. */
__noinline int to_tunnel_slow(struct __sk_buff *skb, struct packet *packet)
{
	struct flow flow = {};
	struct flow_key key;
	__u32 slot;

	if (!packet)
		return VERDICT_DROP;
	flow_begin(&flow, skb);
	slot = tunnel_to(&packet->key.destination);
	if (!slot || tunnel_route(skb, slot, &flow.nexthop))
		return verdict_drop(skb, HOOK_TO_TUNNEL, REASON_NO_TUNNEL);
	flow.packets = 1;
	flow.bytes = skb->len - ETH_HLEN;
	key = packet->key;
	bpf_map_update_elem(&flows, &key, &flow, BPF_ANY);
	event_emit(skb, EVENT_FLOW, HOOK_TO_TUNNEL, REASON_TO_TUNNEL, flow.nexthop.ifindex);
	return to_tunnel_commit(skb, packet, &flow);
}

/* What the node's stack sends to other nodes' pods: routed, and within the device's MTU. */
static __always_inline int enter_tunnel(struct __sk_buff *skb)
{
	struct packet packet = {.key.hook = HOOK_TO_TUNNEL};
	struct flow *flow;
	int problem;

	if (skb->protocol != bpf_htons(ETH_P_IP) && skb->protocol != bpf_htons(ETH_P_IPV6))
		return verdict_drop(skb, HOOK_TO_TUNNEL, REASON_LINK_CONTROL);
	problem = parse(skb, &packet);
	if (problem)
		return verdict_drop(skb, HOOK_TO_TUNNEL, problem);
	if (ip_addr_is_multicast(&packet.key.destination))
		return verdict_drop(skb, HOOK_TO_TUNNEL, REASON_LINK_CONTROL);
	flow = fastpath_decision(skb, &packet);
	if (!flow)
		return to_tunnel_slow(skb, &packet);
	fastpath_count(skb, &packet, flow);
	return to_tunnel_commit(skb, &packet, flow);
}

/* Egress of the tunnel device. What is to be cut up goes to the other end of its pair, which does that. */
SEC("tcx/egress")
int to_tunnel(struct __sk_buff *skb)
{
	if (tunnel_checksum && skb->gso_size)
		return verdict_next(skb, HOOK_TO_TUNNEL, REASON_CUT_UP);
	return enter_tunnel(skb);
}

/* Ingress of the other end: what was cut up, or is to be. */
SEC("tcx/ingress")
int to_tunnel_cut(struct __sk_buff *skb)
{
	int problem = fragment_is_noted(skb) ? fragment_take(skb) : 0;

	if (problem)
		return verdict_drop(skb, HOOK_TO_TUNNEL, problem);
	return enter_tunnel(skb);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
