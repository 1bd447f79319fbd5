/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_SLOWPATH_H
#define HEDDLE_SLOWPATH_H

#include "draft.h"
#include "forward.h"
#include "track.h"
#include "way.h"

/*
 * What is done with a packet for its outcome: 0 when it goes on, or the reason to drop it. Strays and what is of no
 * connection go on by their addresses.
 */
static __always_inline int outcome_problem(int outcome)
{
	switch (outcome) {
	case OUTCOME_MALFORMED:
		return REASON_BAD_HEADER;
	case OUTCOME_TRUNCATED:
		return REASON_TRUNCATED;
	case OUTCOME_IMPOSSIBLE_SIGNAL:
		return REASON_IMPOSSIBLE_FLAGS;
	case OUTCOME_QUOTES_ERROR:
	case OUTCOME_QUOTES_STRANGER:
		return REASON_BAD_QUOTATION;
	case OUTCOME_OVERLAPPING_FRAGMENT:
		return REASON_OVERLAPPING_FRAGMENT;
	case OUTCOME_WRONG_DIRECTION:
		return REASON_WRONG_DIRECTION;
	case OUTCOME_HEADER_CHAIN:
		return REASON_EXTENSION_HEADERS;
	case OUTCOME_TABLE_FULL:
	case OUTCOME_TUPLE_IN_USE:
	case OUTCOME_PORTS_EXHAUSTED:
		return REASON_TABLE_FULL;
	default:
		return 0;
	}
}

/* Reads which connection an `unread` packet is of. Returns 0, or the outcome of one that is of none. */
__noinline int slowpath_read(struct __sk_buff *skb, struct packet *packet, struct draft *draft,
			     __u64 now)
{
	struct observation *seen;
	int outcome;

	if (!packet || !draft)
		return OUTCOME_MALFORMED;
	seen = &draft->seen;
	__builtin_memset(seen, 0, sizeof(*seen));
	__builtin_memset(&draft->datagram, 0, sizeof(draft->datagram));
	outcome = observation_read_with(skb, &draft->datagram, seen);
	if (!outcome && seen->fragment)
		outcome = fragment_resolve(seen, now);
	if (outcome)
		return outcome;
	draft->second = connection_key_make(&draft->key, &seen->tuple, SCOPE_CONNECTION);
	packet->signal = seen->signal;
	packet->bytes = seen->bytes;
	packet->known = 1;
	return 0;
}

/* The living entry under the draft's key; a dead one is removed when it is met. */
static __always_inline struct connection *slowpath_find(const struct draft *draft, __u64 now)
{
	struct connection *connection = bpf_map_lookup_elem(&connections, &draft->key);

	if (!connection || connection->expires > now)
		return connection;
	connection_remove(&draft->key, connection, REMOVAL_EXPIRED, now);
	return NULL;
}

/* Makes the draft an entry. Returns an outcome; `OUTCOME_TRACKED` when another CPU was faster. */
static __always_inline int slowpath_insert(const struct packet *packet, struct draft *draft,
					   const struct conn_settings *settings, __u64 now)
{
	struct conn_gauges *gauges = conn_gauges_get();
	long error;

	if (!gauges || !conn_reserve(now))
		return OUTCOME_TABLE_FULL;
	conn_queue_tidy(settings, gauges, now);
	connection_begin(&draft->connection, &draft->key, draft->second, settings, packet->signal,
			 packet->bytes, now);
	error = bpf_map_update_elem(&connections, &draft->key, &draft->connection, BPF_NOEXIST);
	if (!error) {
		conn_queue_add(gauges, QUEUE_HALF_OPEN, &draft->key, now);
		draft->kept = !draft->once;
		return OUTCOME_CREATED;
	}
	__sync_fetch_and_sub(&gauges->count, 1);
	return error == -EEXIST ? OUTCOME_TRACKED : OUTCOME_TABLE_FULL;
}

/*
 * Puts the decision into an entry that is there, unless the same stands there already: what became of a packet alone
 * changes nothing for others, and how long a neighbour is awaited counts from the first decision.
 */
static __always_inline void slowpath_keep(struct draft *draft, struct connection *connection,
					  enum direction direction)
{
	struct connection_way *fresh = draft_way(draft), *way = &connection->way[direction & 1];

	if (draft->once)
		return;
	if (way->kind == fresh->kind &&
	    way_is_current(way, fresh->hook - 1, fresh->ingress_ifindex, bpf_jiffies64())) {
		fresh->made = way->made;
		return;
	}
	/* Packets on other CPUs take the slow path meanwhile. */
	*(volatile __u8 *)&way->hook = 0;
	barrier();
	way->mac = fresh->mac;
	way->made = fresh->made;
	way->ingress_ifindex = fresh->ingress_ifindex;
	way->egress_ifindex = fresh->egress_ifindex;
	way->source_slot = fresh->source_slot;
	way->target_slot = fresh->target_slot;
	way->mtu = fresh->mtu;
	way->kind = fresh->kind;
	way->epochs = fresh->epochs;
	if (fresh->target_slot)
		connection->way[!direction].mac = draft_way_back(draft)->mac;
	if (fresh->kind == NEXTHOP_NEIGHBOUR || fresh->kind == NEXTHOP_UNRESOLVED)
		connection->gateway = draft->connection.gateway;
	barrier();
	*(volatile __u8 *)&way->hook = fresh->hook;
	draft->kept = 1;
}

/* What `slowpath_track` returns of a packet that an earlier program took into its connection. */
#define SLOWPATH_TRACKED_BEFORE 0

/* Whether the packet is none of this hook's to take: it has passed another, and its connection is there. */
static __always_inline bool slowpath_was_tracked(const struct packet *packet,
						 const struct draft *draft,
						 const struct connection *connection)
{
	enum direction direction = word_direction(connection->word, draft->second);

	return draft->passed && connection->way[direction & 1].hook != packet->hook + 1;
}

/* Finds or begins the connection of a packet, takes it on, and keeps the decision there. Returns the outcome. */
static __always_inline int slowpath_track(struct __sk_buff *skb, struct packet *packet,
					  struct draft *draft)
{
	const struct conn_settings *settings = conn_settings_get();
	struct connection *connection = NULL;
	enum direction direction;
	int outcome;
	__u64 now;

	/* Nothing is tracked before somebody says how. */
	if (!settings || !settings->limit)
		return OUTCOME_NOT_OF_CONNECTION;
	now = conn_now(settings);
	if (packet->unread) {
		outcome = slowpath_read(skb, packet, draft, now);
		if (outcome)
			return outcome;
	} else {
		draft->second = connection_key_make(&draft->key, &packet->tuple, SCOPE_CONNECTION);
	}
	if (packet->known)
		connection = slowpath_find(draft, now);
	if (connection && slowpath_was_tracked(packet, draft, connection))
		return SLOWPATH_TRACKED_BEFORE;
	if (packet->unread && draft->seen.related) {
		if (!connection)
			return OUTCOME_QUOTES_UNKNOWN;
		direction = word_direction(connection->word, draft->second);
		connection_count(connection, direction, packet->bytes);
		return OUTCOME_RELATED;
	}
	if (connection && word_reopens(connection->word, draft->key.protocol, packet->signal,
				       word_direction(connection->word, draft->second))) {
		connection_remove(&draft->key, connection, REMOVAL_REPLACED, now);
		connection = NULL;
	} else if (!connection && !signal_begins(packet->signal)) {
		return OUTCOME_NO_CONNECTION;
	}
	if (!connection) {
		outcome = slowpath_insert(packet, draft, settings, now);
		if (outcome != OUTCOME_TRACKED)
			return outcome;
		connection = slowpath_find(draft, now);
		if (!connection)
			return OUTCOME_TABLE_FULL;
	}
	direction = word_direction(connection->word, draft->second);
	outcome = connection_follow(connection, &draft->key, direction, settings, packet->signal,
				    packet->bytes, now);
	if (outcome == OUTCOME_TRACKED)
		slowpath_keep(draft, connection, direction);
	return outcome;
}

/* Why a packet that was taken into its connection is left to the stack all the same, or 0. */
static __always_inline int slowpath_obstacle(const struct draft *draft, int obstacle)
{
	const struct connection_way *way = &draft->connection.way[DIRECTION_ORIGINAL];

	if (!obstacle && way->kind == NEXTHOP_UNRESOLVED &&
	    (__u32)bpf_jiffies64() - way->made > resolve_patience)
		return REASON_NO_NEIGHBOUR;
	return obstacle;
}

/* Takes a packet into its connection, and carries the decision out. Who dies here changes no connection. */
static __always_inline int slowpath_carry_out(struct __sk_buff *skb, struct packet *packet,
					      struct draft *draft)
{
	struct connection_way *way = draft_way(draft);
	enum hook hook = packet->hook;
	int obstacle, outcome, problem;

	draft_settle(draft);
	obstacle = forward_obstacle(skb, packet, way);
	if (obstacle == REASON_TTL_EXPIRED)
		return verdict_next(skb, hook, obstacle);
	outcome = slowpath_track(skb, packet, draft);
	if (outcome == SLOWPATH_TRACKED_BEFORE)
		return verdict_next(skb, hook, REASON_PASSED);
	conn_counter_add(CONN_COUNTER_OUTCOMES + (outcome & 63));
	problem = outcome_problem(outcome);
	if (problem)
		return verdict_drop(skb, hook, problem);
	obstacle = slowpath_obstacle(draft, obstacle);
	if (draft->kept)
		event_emit(skb, EVENT_FLOW, hook, obstacle ? obstacle : forward_reason(way),
			   way->egress_ifindex);
	if (obstacle)
		return verdict_next(skb, hook, obstacle);
	return forward(skb, packet, &draft->connection, DIRECTION_ORIGINAL);
}

/* What a function that decides returns when the packet may pass, and the draft says how. */
#define SLOWPATH_DECIDED 100

/*
 * Goes on with a packet that was decided, and ends the draft: takes the packet into its connection, keeps the decision
 * there for the packets to come, tells of it, and carries it out for this one. To be called by the program itself and not by
 * what decides, since the stack of both would be too much.
 */
__noinline int slowpath_commit(struct __sk_buff *skb, struct packet *packet)
{
	struct draft *draft = draft_get();
	int verdict;

	if (!packet || !draft)
		return VERDICT_DROP;
	verdict = slowpath_carry_out(skb, packet, draft);
	draft_end(draft);
	return verdict;
}

/* Ends the draft of a packet that is not to be gone on with. Returns the verdict as it is. */
static __always_inline int slowpath_end(struct draft *draft, int verdict)
{
	if (verdict != SLOWPATH_DECIDED)
		draft_end(draft);
	return verdict;
}

#endif
