/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_FASTPATH_H
#define HEDDLE_FASTPATH_H

#include "../maps/endpoints.h"
#include "../maps/flows.h"
#include "../maps/hot_flows.h"
#include "forward.h"
#include "identity.h"
#include "packet.h"

/* The entry of an established flow: this CPU's copy of it, or else what one lookup finds. */
static __always_inline struct flow *fastpath_entry(struct packet *packet)
{
	struct hot_flow *hot = hot_flow_slot(&packet->key);
	__u64 now = bpf_jiffies64();
	struct flow *flow;

	if (!hot)
		return NULL;
	if (hot->jiffy == now && hot_flow_is(hot, &packet->key)) {
		packet->hot = 1;
		return &hot->flow;
	}
	flow = bpf_map_lookup_elem(&flows, &packet->key);
	if (flow)
		hot_flow_heat(hot, &packet->key, flow, now);
	return flow;
}

/* The entry, when what it was made from stands. */
static __always_inline struct flow *fastpath_decision(struct __sk_buff *skb, struct packet *packet)
{
	struct flow *flow = fastpath_entry(packet);

	if (!flow || !flow_is_current(flow) || flow->ingress_ifindex != skb->ifindex ||
	    flow->nexthop.kind == NEXTHOP_UNRESOLVED)
		return NULL;
	return flow;
}

/*
 * What decides an established packet. NULL when the slow path has to: the flow is new, what it was made
 * from has changed, or this packet needs an ICMP error or a router's attention.
 */
static __always_inline struct flow *fastpath_find(struct __sk_buff *skb, struct packet *packet)
{
	struct flow *flow = fastpath_decision(skb, packet);

	if (!flow || forward_obstacle(skb, packet, &flow->nexthop))
		return NULL;
	return flow;
}

/* Counts the packet. A CPU shares its copies with nobody. */
static __always_inline void fastpath_count(const struct __sk_buff *skb, const struct packet *packet,
					   struct flow *flow)
{
	if (packet->hot) {
		flow->packets += 1;
		flow->bytes += skb->len - ETH_HLEN;
	} else {
		flow_count(flow, 1, skb->len - ETH_HLEN);
	}
}

static __always_inline void flow_set_source(struct flow *flow, const struct endpoint *endpoint)
{
	flow->source_slot = endpoint->epoch_slot;
	flow->source_epoch = endpoint->epoch;
	flow->ingress_mac = endpoint->mac;
	/* Nobody gives identities to endpoints yet. */
	flow->identity = IDENTITY_UNKNOWN;
}

static __always_inline void flow_set_target(struct flow *flow, const struct endpoint *endpoint)
{
	flow->target_slot = endpoint->epoch_slot;
	flow->target_epoch = endpoint->epoch;
}

static __always_inline void nexthop_set_pod(struct nexthop *nexthop,
					    const struct endpoint *endpoint)
{
	nexthop->kind = NEXTHOP_POD;
	nexthop->ifindex = endpoint->ifindex;
	nexthop->destination_mac = endpoint->mac;
	nexthop->mtu = endpoint->mtu;
}

/* An entry that belongs to no endpoint yet. Reads the epoch of routes: call before looking anything up. */
static __always_inline void flow_begin(struct flow *flow, const struct __sk_buff *skb)
{
	flow->route_epoch = epoch_of(EPOCH_ROUTES);
	flow->source_slot = EPOCH_ROUTES;
	flow->source_epoch = flow->route_epoch;
	flow->target_slot = EPOCH_ROUTES;
	flow->target_epoch = flow->route_epoch;
	flow->ingress_ifindex = skb->ifindex;
	flow->made = bpf_jiffies64();
}

/*
 * Goes on with a flow whose neighbour was not resolved when it began and still is not: `flow` is what
 * was found out now. The packet makes the kernel ask for the neighbour, or, when that went on for too
 * long, is left to the kernel, which tells the sender.
 */
static __always_inline int flow_await(struct __sk_buff *skb, struct packet *packet,
				      const struct flow *flow, struct flow *held)
{
	enum hook hook = packet->key.hook;
	int obstacle = forward_obstacle(skb, packet, &flow->nexthop);

	if (!obstacle && flow->made - held->made > resolve_patience)
		obstacle = REASON_NO_NEIGHBOUR;
	if (obstacle)
		return forward_obstructed(skb, hook, &flow->nexthop, obstacle);
	flow_count(held, 1, skb->len - ETH_HLEN);
	return forward(skb, packet, flow);
}

/* The entry that `flow_await` goes on with, if this is not the flow's beginning. */
static __always_inline struct flow *flow_awaited(const struct packet *packet,
						 const struct flow *flow)
{
	/* Linux 6.1 takes no key from what a global function was given. */
	struct flow_key key = packet->key;
	struct flow *held;

	if (flow->nexthop.kind != NEXTHOP_UNRESOLVED)
		return NULL;
	held = bpf_map_lookup_elem(&flows, &key);
	if (!held || held->nexthop.kind != NEXTHOP_UNRESOLVED || !flow_is_current(held))
		return NULL;
	return held;
}

/*
 * Keeps the decision for the packets to come, and tells of it. Returns 0, or the reason why this packet cannot go that
 * way, and the decision was not kept.
 */
static __always_inline int flow_keep(struct __sk_buff *skb, struct packet *packet,
				     struct flow *flow)
{
	struct flow_key key = packet->key;
	int obstacle = forward_obstacle(skb, packet, &flow->nexthop);

	if (obstacle)
		return obstacle;
	flow->packets = 1;
	flow->bytes = skb->len - ETH_HLEN;
	bpf_map_update_elem(&flows, &key, flow, BPF_ANY);
	event_emit(skb, EVENT_FLOW, key.hook, forward_reason(&flow->nexthop),
		   flow->nexthop.ifindex);
	return 0;
}

/* Keeps the decision for the packets to come, and carries it out for this one. */
static __always_inline int flow_commit(struct __sk_buff *skb, struct packet *packet,
				       struct flow *flow)
{
	int obstacle = flow_keep(skb, packet, flow);

	return obstacle ? forward_obstructed(skb, packet->key.hook, &flow->nexthop, obstacle)
			: forward(skb, packet, flow);
}

#endif
