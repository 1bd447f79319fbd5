/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_SLOWPATH_H
#define HEDDLE_SLOWPATH_H

#include "conntrack.h"
#include "draft.h"
#include "forward.h"
#include "translate.h"
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
		return REASON_TABLE_FULL;
	case OUTCOME_PORTS_EXHAUSTED:
		return REASON_PORTS_EXHAUSTED;
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
	packet->signal = seen->signal;
	packet->bytes = seen->bytes;
	packet->known = 1;
	draft->read = 1;
	return 0;
}

/* The tuple by which the packet's connection is found. */
static __always_inline const struct tuple *slowpath_tuple(const struct packet *packet,
							  const struct draft *draft)
{
	return packet->unread ? &draft->seen.tuple : &packet->tuple;
}

/* The living connection of the packet, whose key and direction the draft has then; a dead one is removed when it is met. */
static __always_inline struct connection *slowpath_find(const struct packet *packet,
							struct draft *draft, __u64 now)
{
	struct found found = {
		.key = &draft->key,
		.arrived = packet->hook == HOOK_TO_POD &&
			   (draft->passed || (packet->unread && draft->seen.related)),
	};

	connection_find(&found, slowpath_tuple(packet, draft), SCOPE_CONNECTION, now);
	draft->direction = found.direction;
	return found.connection;
}

/* What a packet of the connection is to be given. What arrives at a pod has been given it. */
static __always_inline void slowpath_give(const struct packet *packet, struct draft *draft,
					  struct connection *connection)
{
	struct found found = {
		.key = &draft->key,
		.connection = connection,
		.direction = draft->direction,
	};

	if (packet->hook != HOOK_TO_POD)
		connection_translation(&found, &draft->to);
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
	if (way->kind == fresh->kind && way->source_slot == fresh->source_slot &&
	    way->target_slot == fresh->target_slot && way->identity == fresh->identity &&
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
	way->identity = fresh->identity;
	way->kind = fresh->kind;
	way->epochs = fresh->epochs;
	if (fresh->target_slot && !way_tunnel_to(fresh))
		connection->way[!direction].mac = draft_way_back(draft)->mac;
	if (fresh->kind != NEXTHOP_STACK && fresh->kind != NEXTHOP_POD)
		connection->gateway = draft->connection.gateway;
	barrier();
	*(volatile __u8 *)&way->hook = fresh->hook;
	draft->kept = 1;
}

/*
 * Whether a packet to the node is an answer to a translated connection, or an error about one. The draft says then what it is to
 * be given.
 */
static __always_inline bool slowpath_answers(struct __sk_buff *skb, struct packet *packet,
					     struct draft *draft)
{
	const struct conn_settings *settings = conn_settings_get();
	struct connection *connection;
	__u64 now;

	if (!settings)
		return false;
	now = conn_now(settings);
	if (packet->unread && slowpath_read(skb, packet, draft, now))
		return false;
	connection = slowpath_find(packet, draft, now);
	if (!connection || draft->direction != DIRECTION_REPLY)
		return false;
	slowpath_give(packet, draft, connection);
	draft->answer = draft->to.end == TRANSLATED_DESTINATION;
	return draft->answer;
}

/* Makes the draft an entry in the place that is reserved. Returns an error of the map. */
static __always_inline int slowpath_enter(const struct packet *packet, struct draft *draft,
					  struct conn_gauges *gauges,
					  const struct conn_settings *settings, __u64 now)
{
	bool second = connection_key_make(&draft->key, slowpath_tuple(packet, draft),
					  SCOPE_CONNECTION);
	int error;

	connection_begin(&draft->connection, &draft->key, second, settings, packet->signal,
			 packet->bytes, now);
	error = bpf_map_update_elem(&connections, &draft->key, &draft->connection, BPF_NOEXIST);
	if (error)
		return error;
	conn_queue_add(gauges, QUEUE_HALF_OPEN, &draft->key, now);
	draft->kept = !draft->once;
	return 0;
}

/* The same of a connection that leaves with another source. Returns an outcome. */
static __always_inline int slowpath_enter_translated(const struct packet *packet,
						     struct draft *draft, struct scratch *scratch,
						     __u64 now)
{
	struct connection *connection;
	int outcome;

	if (!packet->unread) {
		draft->seen.tuple = packet->tuple;
		draft->seen.signal = packet->signal;
		draft->seen.bytes = packet->bytes;
	}
	outcome = connection_enter(&draft->seen, SCOPE_CONNECTION, &draft->to, now);
	if (outcome != OUTCOME_CREATED)
		return outcome;
	connection = bpf_map_lookup_elem(&connections, &scratch->fresh_key);
	if (connection)
		slowpath_keep(draft, connection, DIRECTION_ORIGINAL);
	return outcome;
}

/*
 * Chooses the source that a connection leaves with which a packet begins. What does not leave has no ends that others could have.
 * Holds and changes nothing. A function of its own for its stack. Returns 0, or the outcome of a packet whose connection cannot begin.
 */
__noinline int slowpath_choose(struct __sk_buff *skb, struct packet *packet)
{
	const struct conn_settings *settings = conn_settings_get();
	struct scratch *scratch = scratch_get();
	struct draft *draft = draft_get();

	if (!packet || !draft || !settings || !scratch)
		return OUTCOME_TABLE_FULL;
	if (draft->to.end != TRANSLATED_SOURCE)
		return 0;
	if (draft->over)
		scratch->key = draft->key;
	else
		__builtin_memset(&scratch->key, 0, sizeof(scratch->key));
	return nat_choose(skb, slowpath_tuple(packet, draft), &draft->to, conn_now(settings));
}

/*
 * Begins a connection, in the place of one that is `over`, if there is one, whose key the draft has. Returns an outcome;
 * `OUTCOME_TRACKED` when another CPU was faster.
 */
static __always_inline int slowpath_begin(const struct packet *packet, struct draft *draft,
					  struct connection *over,
					  const struct conn_settings *settings, __u64 now)
{
	struct conn_gauges *gauges = conn_gauges_get();
	struct scratch *scratch = scratch_get();
	int outcome, error;

	if (!gauges || !scratch)
		return OUTCOME_TABLE_FULL;
	if (over)
		connection_remove(&draft->key, over, REMOVAL_REPLACED, now);
	if (!conn_reserve(now))
		return OUTCOME_TABLE_FULL;
	conn_queue_tidy(settings, gauges, now);
	if (draft->to.end == TRANSLATED_SOURCE) {
		outcome = slowpath_enter_translated(packet, draft, scratch, now);
	} else {
		error = slowpath_enter(packet, draft, gauges, settings, now);
		outcome = error == -EEXIST ? OUTCOME_TRACKED : OUTCOME_TABLE_FULL;
		if (!error)
			return OUTCOME_CREATED;
	}
	if (outcome != OUTCOME_CREATED)
		__sync_fetch_and_sub(&gauges->count, 1);
	return outcome;
}

/*
 * Begins the connection of a packet that `slowpath_take` has found to begin one, and whose source is chosen. A function of its
 * own, since the frames of both would be too much. Returns the same as `slowpath_begin`.
 */
__noinline int slowpath_open(struct packet *packet)
{
	const struct conn_settings *settings = conn_settings_get();
	struct draft *draft = draft_get();
	struct connection *over = NULL;

	if (!packet || !draft || !settings)
		return OUTCOME_TABLE_FULL;
	if (draft->over)
		over = bpf_map_lookup_elem(&connections, &draft->key);
	return slowpath_begin(packet, draft, over, settings, conn_now(settings));
}

/* What `slowpath_track` returns besides outcomes. */
enum slowpath_outcome {
	/* An earlier program took the packet into its connection. */
	SLOWPATH_TRACKED_BEFORE = 0,
	/* It begins a connection, which is yet to be made. */
	SLOWPATH_BEGINS = 64,
};

/* Whether the packet is none of this hook's to take: it has passed another, and its connection is there. */
static __always_inline bool slowpath_was_tracked(const struct packet *packet,
						 const struct draft *draft,
						 const struct connection *connection)
{
	return draft->passed && connection->way[draft->direction & 1].hook != packet->hook + 1;
}

/* Finds the connection of a packet, takes it on, and keeps the decision there. Returns the outcome. */
static __always_inline int slowpath_track(struct __sk_buff *skb, struct packet *packet,
					  struct draft *draft)
{
	const struct conn_settings *settings = conn_settings_get();
	struct connection *connection = NULL;
	int outcome;
	__u64 now;

	/* Nothing is tracked before somebody says how. */
	if (!settings || !settings->limit)
		return OUTCOME_NOT_OF_CONNECTION;
	/* They may be pieces of those that were seen, and seem to overlap with them. */
	if (draft->passed && packet->fragment)
		return SLOWPATH_TRACKED_BEFORE;
	now = conn_now(settings);
	if (packet->unread && !draft->read) {
		outcome = slowpath_read(skb, packet, draft, now);
		if (outcome)
			return outcome;
	}
	if (packet->known)
		connection = slowpath_find(packet, draft, now);
	if (connection && slowpath_was_tracked(packet, draft, connection))
		return SLOWPATH_TRACKED_BEFORE;
	if (packet->unread && draft->seen.related) {
		if (!connection)
			return OUTCOME_QUOTES_UNKNOWN;
		connection_count(connection, draft->direction, packet->bytes);
		slowpath_give(packet, draft, connection);
		return OUTCOME_RELATED;
	}
	if (!connection && !signal_begins(packet->signal))
		return OUTCOME_NO_CONNECTION;
	if (!connection ||
	    word_reopens(connection->word, draft->key.protocol, packet->signal, draft->direction)) {
		/* Nothing begins with an answer. */
		if (draft->answer)
			return OUTCOME_NO_CONNECTION;
		draft->over = !!connection;
		return SLOWPATH_BEGINS;
	}
	slowpath_give(packet, draft, connection);
	outcome = connection_follow(connection, &draft->key, draft->direction, settings,
				    packet->signal, packet->bytes, now);
	if (outcome == OUTCOME_TRACKED)
		slowpath_keep(draft, connection, draft->direction);
	return outcome;
}

/* Why a packet that was taken into its connection is left to the stack all the same, or 0. */
static __always_inline int slowpath_obstacle(const struct draft *draft)
{
	const struct connection_way *way = &draft->connection.way[DIRECTION_ORIGINAL];

	if (!draft->obstacle && way->kind == NEXTHOP_UNRESOLVED &&
	    (__u32)bpf_jiffies64() - way->made > resolve_patience)
		return REASON_NO_NEIGHBOUR;
	return draft->obstacle;
}

/*
 * Sends the packet on, or says what hinders. Apart from what comes before, since the frames of both would be too much where
 * another table of places is looked through.
 */
static __noinline int slowpath_forward(struct __sk_buff *skb, const struct packet *packet,
				       const struct connection *connection, int obstacle)
{
	if (obstacle)
		return forward_obstructed(skb, packet->hook, &connection->way[DIRECTION_ORIGINAL],
					  obstacle);
	return forward(skb, packet, connection, DIRECTION_ORIGINAL);
}

/* What a function that decides returns when the packet may pass, and the draft says how. */
#define SLOWPATH_DECIDED 100

/*
 * Completes what was decided about a packet, and takes it into its connection, with the decision for the packets to come.
 * Returns the outcome. Who dies here changes no connection.
 */
__noinline int slowpath_take(struct __sk_buff *skb, struct packet *packet)
{
	struct draft *draft = draft_get();

	if (!packet || !draft)
		return OUTCOME_TABLE_FULL;
	draft_settle(draft);
	draft->obstacle = forward_obstacle(skb, packet, draft_way(draft));
	if (draft->obstacle == REASON_TTL_EXPIRED)
		return OUTCOME_NOT_OF_CONNECTION;
	return slowpath_track(skb, packet, draft);
}

/*
 * Whether a packet is of no connection by which it could be translated, and would leave with a source that is to be. Nobody could
 * answer it.
 */
static __always_inline bool slowpath_leaks(const struct packet *packet, struct draft *draft,
					   int outcome)
{
	return outcome > OUTCOME_RELATED && draft->to.end == TRANSLATED_SOURCE &&
	       nat_wants(&packet->tuple.source, &packet->tuple.destination, draft->to.ifindex,
			 &draft->to.address);
}

/* Gives a packet what its connection says. Returns 0, or an error of the buffer. */
__noinline int slowpath_translate(struct __sk_buff *skb, const struct packet *packet)
{
	struct draft *draft = draft_get();

	if (!packet || !draft)
		return -EINVAL;
	if (packet->unread)
		return translate(skb, &draft->seen, &draft->to);
	return translate_packet(skb, packet, &draft->to);
}

/* Whether a packet is of a connection that can go on, and may be translated: 0, or the reason to drop it. */
static __always_inline int slowpath_judge(const struct packet *packet, struct draft *draft,
					  int outcome)
{
	int problem = outcome_problem(outcome);
	bool expired = draft->obstacle == REASON_TTL_EXPIRED;

	if (problem)
		return problem;
	if (!expired && slowpath_leaks(packet, draft, outcome)) {
		conn_counter_add(CONN_COUNTER_LEAKS);
		return REASON_UNTRANSLATED;
	}
	if (outcome > OUTCOME_RELATED && !(expired && draft->answer))
		draft->to.end = TRANSLATED_NONE;
	return 0;
}

/*
 * Sends a packet on. What a pod's packet is given that goes on by the stack is for the egress to say, since the stack would not
 * take it from a pod.
 */
static __always_inline int slowpath_leave(struct __sk_buff *skb, const struct packet *packet,
					  struct draft *draft)
{
	if (draft->to.end == TRANSLATED_SOURCE && !draft->obstacle &&
	    draft_way(draft)->kind != NEXTHOP_STACK && slowpath_translate(skb, packet))
		return verdict_drop(skb, packet->hook, REASON_REWRITE_FAILED);
	return slowpath_forward(skb, packet, &draft->connection, draft->obstacle);
}

/* Counts what became of a packet, but not of one that dies here. */
static __always_inline void slowpath_count(const struct draft *draft, int outcome)
{
	if (draft->obstacle != REASON_TTL_EXPIRED)
		conn_counter_add(CONN_COUNTER_OUTCOMES + (outcome & 63));
}

/* Carries out what was decided about a packet, whose outcome that is. */
static __always_inline int slowpath_carry_out(struct __sk_buff *skb, struct packet *packet,
					      struct draft *draft, int outcome)
{
	struct connection_way *way = draft_way(draft);
	enum hook hook = packet->hook;
	int problem;

	if (outcome != SLOWPATH_TRACKED_BEFORE)
		slowpath_count(draft, outcome);
	else if (hook != HOOK_TO_TUNNEL)
		return verdict_next(skb, hook, REASON_PASSED);
	draft->obstacle = slowpath_obstacle(draft);
	problem = slowpath_judge(packet, draft, outcome);
	if (problem)
		return verdict_drop(skb, hook, problem);
	/* The connection has just gone that it would have answered. */
	if (draft->answer && draft->to.end != TRANSLATED_DESTINATION)
		return verdict_next(skb, hook, REASON_PASSED);
	if (draft->to.end == TRANSLATED_DESTINATION && slowpath_translate(skb, packet))
		return verdict_drop(skb, hook, REASON_REWRITE_FAILED);
	if (draft->obstacle == REASON_TTL_EXPIRED)
		return forward_to_stack(skb, hook, draft->obstacle);
	if (draft->kept)
		event_emit(skb, EVENT_FLOW, hook,
			   draft->obstacle ? draft->obstacle : forward_reason(way),
			   way->egress_ifindex);
	return slowpath_leave(skb, packet, draft);
}

/* Tells of a packet that was taken into its connection, and carries out what was decided. Ends the draft. */
__noinline int slowpath_send(struct __sk_buff *skb, struct packet *packet, int outcome)
{
	struct draft *draft = draft_get();
	int verdict;

	if (!packet || !draft)
		return VERDICT_DROP;
	verdict = slowpath_carry_out(skb, packet, draft, outcome);
	draft_end(draft);
	return verdict;
}

/*
 * Goes on with a packet that was decided. To be called by the program itself and not by what decides, since the stack of
 * both would be too much, as would be that of both parts.
 */
static __always_inline int slowpath_commit(struct __sk_buff *skb, struct packet *packet)
{
	int outcome = slowpath_take(skb, packet);

	if (outcome == SLOWPATH_BEGINS) {
		outcome = slowpath_choose(skb, packet);
		if (!outcome)
			outcome = slowpath_open(packet);
		/* Another CPU was faster. */
		if (outcome == OUTCOME_TRACKED)
			outcome = slowpath_take(skb, packet);
		if (outcome == SLOWPATH_BEGINS)
			outcome = OUTCOME_TABLE_FULL;
	}
	return slowpath_send(skb, packet, outcome);
}

/* Ends the draft of a packet that is not to be gone on with. Returns the verdict as it is. */
static __always_inline int slowpath_end(struct draft *draft, int verdict)
{
	if (verdict != SLOWPATH_DECIDED)
		draft_end(draft);
	return verdict;
}

#endif
