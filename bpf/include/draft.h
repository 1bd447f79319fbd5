/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_DRAFT_H
#define HEDDLE_DRAFT_H

#include "../maps/conn_drafts.h"
#include "../maps/connections.h"
#include "../maps/devices.h"
#include "../maps/endpoints.h"
#include "../maps/epochs.h"
#include "connection.h"
#include "nat.h"
#include "nexthop.h"
#include "observation.h"
#include "packet.h"
#include "settings.h"

/* What the slow path finds out about a packet, one packet per CPU at a time. */
struct draft {
	/* 1 while a packet has it. */
	__u64 busy;
	struct connection_key key;
	/* Which way of the connection under the key the packet goes, of `enum direction`. */
	__u32 direction;
	/*
	 * The entry that the packet begins when it begins one: `way` of the original direction is what is decided about
	 * this packet's direction, whichever that is in an entry that is there.
	 */
	struct connection connection;
	struct nexthop nexthop;
	/* What was seen in an `unread` packet, and where it was read. */
	struct observation seen;
	struct datagram datagram;
	/* Of routes, and of the endpoints that send and receive; of routes where there is none. */
	__u32 route_epoch;
	__u32 source_epoch;
	__u32 target_epoch;
	/* 1 when the decision is none for the packets to come. */
	__u32 once;
	/* 1 when it was kept. */
	__u32 kept;
	/* 1 when the packet came in by a device that has programs, which may have taken it into its connection. */
	__u32 passed;
	/* 1 when an `unread` packet was read already. */
	__u32 read;
	/* 1 when the connection that the packet begins takes the place of one that is over, under the key. */
	__u32 over;
	/* 1 for an answer to a translated connection, whose pod is known by that. */
	__u32 answer;
	/* Why the packet cannot go past the stack, of `enum reason`, or 0. */
	__u32 obstacle;
	/*
	 * What the packet is to be given. Before it is taken into its connection, whether it leaves the node, so that a connection may
	 * begin that is translated.
	 */
	struct translation to;
};

_Static_assert(sizeof(struct draft) <= sizeof(struct conn_draft), "a draft fits its memory");

/* The way of this packet, and that of the answers. */
static __always_inline struct connection_way *draft_way(struct draft *draft)
{
	return &draft->connection.way[DIRECTION_ORIGINAL];
}

static __always_inline struct connection_way *draft_way_back(struct draft *draft)
{
	return &draft->connection.way[DIRECTION_REPLY];
}

/* This CPU's. */
static __always_inline struct draft *draft_get(void)
{
	__u32 index = 0;

	return bpf_map_lookup_elem(&conn_drafts, &index);
}

/*
 * Begins a decision that belongs to no endpoint yet. Reads the epoch of routes: call before a route is asked for. NULL
 * when the packet that it interrupts has the memory, which only happens on kernels with PREEMPT_RT.
 */
static __always_inline struct draft *draft_begin(const struct __sk_buff *skb,
						 const struct packet *packet)
{
	struct draft *draft = draft_get();
	struct connection_way *way;

	if (!draft || __sync_val_compare_and_swap(&draft->busy, 0, 1))
		return NULL;
	__builtin_memset(&draft->connection, 0, sizeof(draft->connection));
	__builtin_memset(&draft->nexthop, 0, sizeof(draft->nexthop));
	draft->route_epoch = epoch_of(EPOCH_ROUTES);
	draft->source_epoch = draft->route_epoch;
	draft->target_epoch = draft->route_epoch;
	draft->once = packet->unread;
	draft->kept = 0;
	draft->passed = 0;
	draft->read = 0;
	draft->answer = 0;
	draft->to.end = TRANSLATED_NONE;
	way = draft_way(draft);
	way->made = bpf_jiffies64();
	way->ingress_ifindex = skb->ifindex;
	way->hook = packet->hook + 1;
	return draft;
}

static __always_inline void draft_end(struct draft *draft)
{
	*(volatile __u64 *)&draft->busy = 0;
}

/* Whether the endpoint's value is of the epoch that is in force: one that is just being written is good for once. */
static __always_inline bool draft_is_between(const struct endpoint *endpoint)
{
	return endpoint->epoch != epoch_of(endpoint->epoch_slot);
}

static __always_inline void draft_set_source(struct draft *draft, const struct endpoint *endpoint)
{
	draft_way(draft)->source_slot = endpoint->epoch_slot;
	draft_way(draft)->mac = endpoint->mac;
	draft->source_epoch = endpoint->epoch;
	draft->once |= draft_is_between(endpoint);
}

static __always_inline void draft_set_target(struct draft *draft, const struct endpoint *endpoint)
{
	draft_way(draft)->target_slot = endpoint->epoch_slot;
	draft_way_back(draft)->mac = endpoint->mac;
	draft->target_epoch = endpoint->epoch;
	draft->once |= draft_is_between(endpoint);
}

/* Of a packet that comes out of a tunnel: whose epoch is that of routes alone. */
static __always_inline void draft_set_source_tunnel(struct draft *draft, __u32 tunnel,
						    __u32 identity)
{
	draft_way(draft)->source_slot = EPOCH_TUNNELS + tunnel;
	draft_way(draft)->identity = identity;
	draft->source_epoch = 0;
}

/* Of a packet that goes into a tunnel, likewise. */
static __always_inline void draft_set_target_tunnel(struct draft *draft, __u32 tunnel)
{
	draft_way(draft)->target_slot = EPOCH_TUNNELS + tunnel;
	draft->target_epoch = 0;
}

static __always_inline void nexthop_set_pod(struct nexthop *nexthop,
					    const struct endpoint *endpoint)
{
	nexthop->kind = NEXTHOP_POD;
	nexthop->ifindex = endpoint->ifindex;
	nexthop->mtu = endpoint->mtu;
}

/*
 * Whether a packet that the stack sends has met one of our programs before: it came in by a device that has them. What the
 * node itself sends came in by none. `source` is the pod of this node that it names as its sender, if there is one.
 */
static __always_inline bool draft_has_passed(const struct __sk_buff *skb,
					     const struct endpoint *source)
{
	__u32 ifindex = skb->ingress_ifindex;

	return source || (ifindex && bpf_map_lookup_elem(&devices, &ifindex));
}

/* Of a packet that leaves the node as it is, past its stack: it may have to get another source. */
static __always_inline void draft_set_leaving(struct draft *draft)
{
	if (draft->nexthop.kind != NEXTHOP_NEIGHBOUR && draft->nexthop.kind != NEXTHOP_UNRESOLVED)
		return;
	draft->to.end = TRANSLATED_SOURCE;
	draft->to.ifindex = draft->nexthop.ifindex;
}

/* Completes the decision by the next hop that was found. */
static __always_inline void draft_settle(struct draft *draft)
{
	const struct nexthop *nexthop = &draft->nexthop;
	struct connection_way *way = draft_way(draft);

	way->kind = nexthop->kind;
	way->egress_ifindex = nexthop->ifindex;
	way->mtu = nexthop->mtu < 0xffff ? nexthop->mtu : 0xffff;
	way->epochs = draft->route_epoch + draft->source_epoch + draft->target_epoch;
	draft->connection.gateway = nexthop->gateway;
	if (draft->once)
		way->hook = 0;
}

#endif
