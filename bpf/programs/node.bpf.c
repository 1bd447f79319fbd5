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
#include "../include/slowpath.h"
#include "../include/too_big.h"
#include "../include/transport.h"
#include "../include/verdict.h"
#include "../maps/ndp_devices.h"
#include "../maps/node_addrs.h"

/* What `from_net_decide` returns of a packet that may be an answer to a translated connection. */
#define FROM_NET_ANSWER 101

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

/*
 * Finds the pod of this node that a packet is for, by its destination. When that is none, the packet may be for the node, which
 * answers to a translated connection are at first, too. Returns a verdict, or `SLOWPATH_DECIDED`.
 */
__noinline int from_net_decide(struct __sk_buff *skb, struct packet *packet)
{
	const struct endpoint *target;
	struct draft *draft;

	if (!packet)
		return VERDICT_DROP;
	target = endpoint_find(&packet->tuple.destination);
	if (!target)
		return (packet->known || packet->unread) && nat_is_used()
			       ? FROM_NET_ANSWER
			       : verdict_next(skb, HOOK_FROM_NET, REASON_PASSED);
	if (source_is_martian(&packet->tuple.source))
		return verdict_drop(skb, HOOK_FROM_NET, REASON_MARTIAN);
	draft = draft_begin(skb, packet);
	if (!draft)
		return verdict_drop(skb, HOOK_FROM_NET, REASON_TABLE_FULL);
	draft_set_target(draft, target);
	nexthop_set_pod(&draft->nexthop, target);
	return SLOWPATH_DECIDED;
}

/* Finds whom on this node an answer is for whose connection gave it the destination. Returns a verdict, or `SLOWPATH_DECIDED`. */
static __always_inline int from_net_answer(struct __sk_buff *skb, struct packet *packet,
					   struct draft *draft)
{
	const struct endpoint *target;

	if (!slowpath_answers(skb, packet, draft))
		return verdict_next(skb, HOOK_FROM_NET, REASON_PASSED);
	if (source_is_martian(&packet->tuple.source))
		return verdict_drop(skb, HOOK_FROM_NET, REASON_MARTIAN);
	target = endpoint_find(&draft->to.address);
	if (target) {
		draft_set_target(draft, target);
		nexthop_set_pod(&draft->nexthop, target);
	} else if (node_has_address(&draft->to.address)) {
		draft->nexthop.kind = NEXTHOP_STACK;
	} else {
		return verdict_drop(skb, HOOK_FROM_NET, REASON_WRONG_POD);
	}
	return SLOWPATH_DECIDED;
}

__noinline int from_net_answer_decide(struct __sk_buff *skb, struct packet *packet)
{
	struct draft *draft;

	if (!packet)
		return VERDICT_DROP;
	draft = draft_begin(skb, packet);
	if (!draft)
		return verdict_drop(skb, HOOK_FROM_NET, REASON_TABLE_FULL);
	return slowpath_end(draft, from_net_answer(skb, packet, draft));
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

	if (!ip_addr_is_ipv4(&packet->tuple.source) || packet->tuple.source.word[3] != IPV4_DUMMY ||
	    packet->tuple.protocol != IPPROTO_ICMP || packet->fragment)
		return false;
	type = packet_peek(skb, packet->transport_offset, 1);
	return type && (*type == ICMP_UNREACHABLE || *type == ICMP_TIME_EXCEEDED ||
			*type == ICMP_PARAMETER_PROBLEM);
}

/* Finds whom on this node a packet out of a tunnel is for. Returns a verdict, or `SLOWPATH_DECIDED`. */
static __always_inline int from_tunnel_find(struct __sk_buff *skb, struct packet *packet,
					    struct draft *draft)
{
	const struct endpoint *target;

	if (source_is_martian(&packet->tuple.source))
		return verdict_drop(skb, HOOK_FROM_TUNNEL, REASON_MARTIAN);
	if (!is_dummy_error(skb, packet) && !tunnel_has(packet->tunnel, &packet->tuple.source))
		return verdict_drop(skb, HOOK_FROM_TUNNEL, REASON_TUNNEL_SOURCE);
	target = endpoint_find(&packet->tuple.destination);
	if (target) {
		draft_set_target(draft, target);
		nexthop_set_pod(&draft->nexthop, target);
	} else if (node_has_address(&packet->tuple.destination)) {
		draft->nexthop.kind = NEXTHOP_STACK;
	} else {
		return verdict_drop(skb, HOOK_FROM_TUNNEL, REASON_TUNNEL_DESTINATION);
	}
	return SLOWPATH_DECIDED;
}

__noinline int from_tunnel_decide(struct __sk_buff *skb, struct packet *packet)
{
	struct draft *draft;

	if (!packet)
		return VERDICT_DROP;
	draft = draft_begin(skb, packet);
	if (!draft)
		return verdict_drop(skb, HOOK_FROM_TUNNEL, REASON_TABLE_FULL);
	draft_set_source_tunnel(draft, packet->tunnel, packet->identity);
	return slowpath_end(draft, from_tunnel_find(skb, packet, draft));
}

/* Reads the headers of the IP packet. Returns 0 or the reason to drop. */
static __always_inline int parse(struct __sk_buff *skb, struct packet *packet)
{
	int problem = skb->protocol == bpf_htons(ETH_P_IP) ? ipv4_parse(skb, packet)
							   : ipv6_parse(skb, packet);

	return problem ? problem : transport_parse(skb, packet);
}

/*
 * Verifies a packet for this node's end of tunnels, takes it out of its tunnel, and reads the headers of what was in it:
 * `packet` is that from then on. Returns 0, `REASON_TO_STACK` for what is for whoever keeps the end, or the reason to drop.
 */
__noinline int from_tunnel(struct __sk_buff *skb, struct packet *packet)
{
	struct geneve geneve = {};
	int problem;
	__u32 slot;

	if (!packet)
		return REASON_TUNNEL_TRUNCATED;
	slot = tunnel_of_node(&packet->tuple.source);
	problem = slot ? geneve_read(skb, packet, &geneve) : REASON_TUNNEL_PEER;
	if (!problem && geneve.control)
		return REASON_TO_STACK;
	if (!problem)
		problem = decapsulate(skb, packet, &geneve);
	if (problem)
		return problem;
	*packet = (struct packet){
		.hook = HOOK_FROM_TUNNEL,
		.tunnel = slot,
		.identity = geneve.identity,
	};
	return parse(skb, packet);
}

/* Whether the packet is for this node's end of tunnels. */
static __always_inline bool is_tunnelled(const struct packet *packet)
{
	const struct tuple *tuple = &packet->tuple;

	return tunnel_use != TUNNEL_UNUSED && tuple->protocol == IPPROTO_UDP && !packet->fragment &&
	       tuple->destination_port == bpf_htons(GENEVE_PORT) &&
	       node_has_address(&tuple->destination);
}

/* Whether it tells the node of a packet of a tunnel that was too large for its way, from which we learn. */
static __always_inline bool is_tunnel_error(struct __sk_buff *skb, const struct packet *packet)
{
	__u8 protocol = packet->tuple.protocol;

	return tunnel_use != TUNNEL_UNUSED &&
	       (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6) &&
	       node_has_address(&packet->tuple.destination) && path_mtu_learn(skb, packet);
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
	if (is_tunnelled(&packet)) {
		problem = from_tunnel(skb, &packet);
		if (problem == REASON_TO_STACK)
			return verdict_next(skb, HOOK_FROM_TUNNEL, problem);
		if (problem)
			return verdict_drop(skb, HOOK_FROM_TUNNEL, problem);
	} else if (is_tunnel_error(skb, &packet)) {
		event_emit(skb, EVENT_DROP, HOOK_FROM_NET, REASON_TUNNEL_NARROW, 0);
		return verdict_next(skb, HOOK_FROM_NET, REASON_TUNNEL_NARROW);
	}

	connection = fastpath_find(skb, &packet, &key);
	if (!connection ||
	    (packet.tunnel && !way_is_from_tunnel(&connection->way[packet.direction & 1],
						  packet.tunnel, packet.identity))) {
		problem = packet.tunnel ? from_tunnel_decide(skb, &packet)
					: from_net_decide(skb, &packet);
		if (problem == FROM_NET_ANSWER)
			problem = from_net_answer_decide(skb, &packet);
		return problem == SLOWPATH_DECIDED ? slowpath_commit(skb, &packet) : problem;
	}
	problem = fastpath_take(skb, &packet, &key, connection);
	if (problem)
		return verdict_drop(skb, packet.hook, problem);
	return forward(skb, &packet, connection, packet.direction);
}

/* What leaves, as `to_net_judge` sees it. */
enum leaving {
	/* It leaves as it is. */
	LEAVING_AS_IT_IS,
	/* What the node itself sends, and may have to be translated: it looks like packets of another's connection, or tells of one. */
	LEAVING_OWN,
	/* A pod's packet that the stack has sent on, which may be of a translated connection. */
	LEAVING_PODS,
};

/* Whether one of this CPU's copies of connections says that packets of the tuple are not translated. */
static __always_inline bool to_net_is_plain(const struct tuple *tuple)
{
	const struct hot_connection *hot = hot_slot(tuple);

	return hot && hot->jiffy == bpf_jiffies64() && hot_is(hot, tuple) &&
	       !(hot->connection.word & WORD_BIT(WORD_TRANSLATED));
}

/*
 * What a packet is that leaves while connections are translated. Those of pods that have been translated are, by their ends,
 * the packets to which an alias has the answers; so are those of a connection of the node's own that wants the same ends.
 */
__noinline int to_net_judge(struct __sk_buff *skb)
{
	struct packet packet = {.hook = HOOK_TO_NET};
	bool own = !skb->ingress_ifindex, second;
	const struct connection *connection;
	struct connection_key key;
	__u64 word;

	if (skb->protocol != bpf_htons(ETH_P_IP) && skb->protocol != bpf_htons(ETH_P_IPV6))
		return LEAVING_AS_IT_IS;
	if (parse(skb, &packet))
		return LEAVING_AS_IT_IS;
	if (packet.unread)
		return own				     ? LEAVING_OWN
		       : endpoint_find(&packet.tuple.source) ? LEAVING_PODS
							     : LEAVING_AS_IT_IS;
	if (!own && to_net_is_plain(&packet.tuple))
		return LEAVING_AS_IT_IS;
	second = connection_key_make(&key, &packet.tuple, SCOPE_CONNECTION);
	connection = bpf_map_lookup_elem(&connections, &key);
	if (!connection)
		return LEAVING_AS_IT_IS;
	word = connection->word;
	if (own)
		return word_is_of_others(word, second) ? LEAVING_OWN : LEAVING_AS_IT_IS;
	if ((word & WORD_BIT(WORD_TRANSLATED)) &&
	    word_direction(word, second) == DIRECTION_ORIGINAL)
		return LEAVING_PODS;
	return LEAVING_AS_IT_IS;
}

/* Whether it is a fragment that belongs to a connection of the node's own which nobody is in the way of. */
static __always_inline bool to_net_is_nobodys(const struct observation *seen)
{
	const struct conn_gauges *gauges = conn_gauges_get();

	return seen->fragment && !seen->related && gauges && !gauges->one_way;
}

/* Translates a packet that leaves, where it is to be. Returns 0, or the reason to drop it. */
__noinline int to_net_translate(struct __sk_buff *skb, enum leaving leaving)
{
	struct translation to = {.ifindex = skb->ifindex};
	struct observation *seen = track_room();
	int outcome;

	if (!seen)
		return REASON_TABLE_FULL;
	outcome = observation_read(skb, seen);
	if (leaving == LEAVING_OWN) {
		if (outcome || to_net_is_nobodys(seen))
			return 0;
		to.end = TRANSLATED_SOURCE;
		outcome = connection_track(skb, seen, SCOPE_CONNECTION, &to);
		if (outcome == OUTCOME_PORTS_EXHAUSTED)
			return REASON_PORTS_EXHAUSTED;
	} else {
		seen->pieces = 1;
		if (!outcome)
			outcome = connection_locate(seen, &to);
		if (outcome > OUTCOME_RELATED && nat_leaks(skb, skb->ifindex)) {
			conn_counter_add(CONN_COUNTER_LEAKS);
			return REASON_UNTRANSLATED;
		}
	}
	if (outcome > OUTCOME_RELATED || to.end != TRANSLATED_SOURCE)
		return 0;
	return translate(skb, seen, &to) ? REASON_REWRITE_FAILED : 0;
}

/* Egress of a device of the node: what the node and its pods send to the network. */
SEC("tcx/egress")
int to_net(struct __sk_buff *skb)
{
	int leaving = nat_is_used() ? to_net_judge(skb) : LEAVING_AS_IT_IS;
	int problem = leaving != LEAVING_AS_IT_IS ? to_net_translate(skb, leaving) : 0;

	if (problem)
		return verdict_drop(skb, HOOK_TO_NET, problem);
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

/* Finds the tunnel for what the node's stack sends to other nodes' pods. Returns a verdict, or `SLOWPATH_DECIDED`. */
__noinline int to_tunnel_decide(struct __sk_buff *skb, struct packet *packet)
{
	struct draft *draft;
	__u32 slot, mtu;

	if (!packet)
		return VERDICT_DROP;
	draft = draft_begin(skb, packet);
	if (!draft)
		return verdict_drop(skb, HOOK_TO_TUNNEL, REASON_TABLE_FULL);
	slot = tunnel_to(&packet->tuple.destination);
	if (!slot || tunnel_route(skb, slot, &draft->nexthop))
		return slowpath_end(draft, verdict_drop(skb, HOOK_TO_TUNNEL, REASON_NO_TUNNEL));
	draft_set_target_tunnel(draft, slot);
	draft_settle(draft);
	mtu = forward_mtu(packet, draft_way(draft));
	if (packet_wire_length(skb, packet) > mtu)
		return slowpath_end(draft, to_tunnel_too_big(skb, packet, mtu));
	draft->passed = draft_has_passed(skb, endpoint_find(&packet->tuple.source));
	return SLOWPATH_DECIDED;
}

/* What the node's stack sends to other nodes' pods: routed, and within the device's MTU. */
static __always_inline int enter_tunnel(struct __sk_buff *skb)
{
	struct packet packet = {.hook = HOOK_TO_TUNNEL};
	struct connection *connection;
	struct connection_key key;
	int problem;
	__u32 mtu;

	if (skb->protocol != bpf_htons(ETH_P_IP) && skb->protocol != bpf_htons(ETH_P_IPV6))
		return verdict_drop(skb, HOOK_TO_TUNNEL, REASON_LINK_CONTROL);
	problem = parse(skb, &packet);
	if (problem)
		return verdict_drop(skb, HOOK_TO_TUNNEL, problem);
	if (ip_addr_is_multicast(&packet.tuple.destination))
		return verdict_drop(skb, HOOK_TO_TUNNEL, REASON_LINK_CONTROL);
	connection = fastpath_find(skb, &packet, &key);
	if (!connection) {
		problem = to_tunnel_decide(skb, &packet);
		return problem == SLOWPATH_DECIDED ? slowpath_commit(skb, &packet) : problem;
	}
	mtu = forward_mtu(&packet, &connection->way[packet.direction & 1]);
	if (packet_wire_length(skb, &packet) > mtu)
		return to_tunnel_too_big(skb, &packet, mtu);
	problem = fastpath_take(skb, &packet, &key, connection);
	if (problem)
		return verdict_drop(skb, HOOK_TO_TUNNEL, problem);
	return forward(skb, &packet, connection, packet.direction);
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
