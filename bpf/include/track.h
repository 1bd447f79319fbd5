/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_TRACK_H
#define HEDDLE_TRACK_H

#include <linux/errno.h>
#include "../maps/conn_counters.h"
#include "../maps/conn_events.h"
#include "../maps/conn_gauges.h"
#include "../maps/conn_queues.h"
#include "../maps/conn_settings.h"
#include "../maps/connections.h"
#include "../maps/fragments.h"
#include "bounded.h"
#include "connection.h"
#include "observation.h"
#include "outcome.h"
#include "removal.h"
#include "scratch.h"

static __always_inline void connection_count(struct connection *connection,
					     enum direction direction, __u32 bytes)
{
	struct connection_way *way = &connection->way[bounded(direction, 1)];

	__sync_fetch_and_add(&way->packets, 1);
	__sync_fetch_and_add(&way->bytes, bytes);
}

/* Takes an entry on by one packet. CPUs that do so at once lose no change of one another. */
static __always_inline void connection_advance(struct connection *connection,
					       const struct connection_key *key,
					       enum direction direction,
					       const struct conn_settings *settings,
					       enum signal signal, __u64 now)
{
	__u8 protocol = key->protocol;
	enum scope scope = key->scope;
	__u64 word = *(volatile __u64 *)&connection->word, next = word, expires;

	for (int i = 0; i < 8; i++) {
		__u64 seen;

		next = word_advance(word, protocol, scope, signal, direction);
		if (next == word)
			break;
		seen = __sync_val_compare_and_swap(&connection->word, word, next);
		if (seen == word)
			break;
		word = seen;
	}
	if (signal == SIGNAL_NONE || word_state(word) >= CONNECTION_CLOSING)
		return;
	expires = now + connection_lifetime(settings, next, protocol, scope);
	/* Other CPUs read the same cache line. */
	if (connection->expires != expires)
		connection->expires = expires;
	if (word_state(next) == CONNECTION_CLOSING) {
		struct conn_gauges *gauges = conn_gauges_get();

		if (gauges)
			conn_queue_add(gauges, QUEUE_CLOSING, key, word_created(next));
		return;
	}
	barrier();
	/* It was closed meanwhile: it must not live on for our sake. */
	word = *(volatile __u64 *)&connection->word;
	if (word_state(word) == CONNECTION_CLOSING)
		connection->expires = now + connection_lifetime(settings, word, protocol, scope);
}

/* What is to be done with the place whose turn it is. */
enum queue_step {
	/* Given up if its connection has left the queue, to keep the queue short. */
	QUEUE_TRIM,
	/* The same, on behalf of user space, which a packet can interrupt. */
	QUEUE_SWEEP,
	/* The same as `QUEUE_TRIM`, and else put at the end: the queue is written all round. */
	QUEUE_ROTATE,
	/* Given up, and its connection evicted. */
	QUEUE_EVICT,
};

/* What became of it. */
enum queue_result {
	QUEUE_EMPTY,
	/* Its connection had left the queue before. */
	QUEUE_PASSED,
	QUEUE_STANDS,
	QUEUE_EVICTED,
};

/* One step from the beginning of a queue. A function of its own, which is verified once. */
__noinline int conn_queue_step(enum queue_kind queue, enum queue_step step, __u64 now)
{
	struct scratch *scratch = scratch_of(step == QUEUE_SWEEP ? SCRATCH_SWEEP : SCRATCH_PACKET);
	struct conn_gauges *gauges = conn_gauges_get();
	struct connection *connection;
	struct conn_place *place;
	__u64 number, word;
	bool stands;

	if (!gauges || !scratch || (__u32)queue > QUEUE_HALF_OPEN)
		return QUEUE_EMPTY;
	place = &scratch->place;
	if (!conn_queue_first(gauges, queue, place, &number))
		return QUEUE_EMPTY;
	connection = bpf_map_lookup_elem(&connections, &place->key);
	word = connection ? connection->word : 0;
	stands = connection && (__u32)word_created(word) == place->created &&
		 word_rank(word) == (queue == QUEUE_CLOSING ? RANK_CLOSING : RANK_HALF_OPEN);
	if (stands && step <= QUEUE_SWEEP)
		return QUEUE_STANDS;
	if (!conn_queue_leave(gauges, queue, number))
		return QUEUE_PASSED;
	if (!connection || !stands)
		return QUEUE_PASSED;
	if (step == QUEUE_ROTATE) {
		conn_queue_add(gauges, queue, &place->key, word_created(word));
		return QUEUE_STANDS;
	}
	if (!connection_remove(&place->key, connection,
			       connection->expires <= now ? REMOVAL_EXPIRED
			       : queue == QUEUE_CLOSING	  ? REMOVAL_EVICTED_CLOSING
							  : REMOVAL_EVICTED_HALF_OPEN,
			       now))
		return QUEUE_PASSED;
	return QUEUE_EVICTED;
}

/* Places that are passed over for one new connection at most, in each queue. */
#define QUEUE_PATIENCE 64

/* Evicts the oldest connection of a queue. */
static __always_inline bool conn_queue_evict(enum queue_kind queue, __u64 now)
{
	for (int i = 0; i < QUEUE_PATIENCE; i++) {
		int result = conn_queue_step(queue, QUEUE_EVICT, now);

		if (result == QUEUE_EVICTED)
			return true;
		if (result == QUEUE_EMPTY)
			return false;
	}
	return false;
}

/*
 * Reserves a place in the table for one more connection: those that are closing go first, then those that are
 * half-open, the oldest of each first. False when all others stand.
 */
__noinline int conn_reserve(__u64 now)
{
	const struct conn_settings *settings = conn_settings_get();
	struct conn_gauges *gauges = conn_gauges_get();

	if (!settings || !gauges)
		return false;
	if (__sync_fetch_and_add(&gauges->count, 1) < settings->limit ||
	    conn_queue_evict(QUEUE_CLOSING, now) || conn_queue_evict(QUEUE_HALF_OPEN, now))
		return true;
	__sync_fetch_and_sub(&gauges->count, 1);
	return false;
}

/* Places that a new connection clears in the last quarter of the table: all that there are in a table's worth. */
#define QUEUE_TIDY 4

/*
 * Makes ready for evictions before the table is full, so that few places are left behind when the time comes. A queue that
 * is written all round moves on in any case.
 */
static __always_inline void conn_queue_tidy(const struct conn_settings *settings,
					    struct conn_gauges *gauges, __u64 now)
{
	bool full = gauges->taken[QUEUE_HALF_OPEN] - gauges->left[QUEUE_HALF_OPEN] >=
		    conn_places(QUEUE_HALF_OPEN);

	if (!full && gauges->count < settings->limit - settings->limit / 4)
		return;
	for (int i = 0; i < QUEUE_TIDY; i++)
		if (conn_queue_step(QUEUE_HALF_OPEN, full ? QUEUE_ROTATE : QUEUE_TRIM, now) !=
			    QUEUE_PASSED &&
		    !full)
			return;
}

/* Fills in what the tracking of a new connection begins with. */
static __always_inline void connection_begin(struct connection *fresh,
					     const struct connection_key *key, bool second,
					     const struct conn_settings *settings,
					     enum signal signal, __u32 bytes, __u64 now)
{
	fresh->word = word_begin(key->protocol, signal, second, now);
	fresh->expires = now +
			 connection_lifetime(settings, fresh->word, key->protocol, key->scope);
	fresh->way[DIRECTION_ORIGINAL].packets = 1;
	fresh->way[DIRECTION_ORIGINAL].bytes = bytes;
}

static __always_inline void fragment_key_make(struct fragment_key *key,
					      const struct observation *seen)
{
	key->source = seen->tuple.source;
	key->destination = seen->tuple.destination;
	key->identification = seen->identification;
	key->protocol = seen->tuple.protocol;
	__builtin_memset(key->reserved, 0, sizeof(key->reserved));
}

static __always_inline bool fragment_overlaps(const struct fragment *fragment,
					      const struct observation *seen)
{
	if (seen->fragment_offset)
		return seen->fragment_offset < fragment->length;
	/* The same fragment twice is no overlap. */
	return seen->fragment_length != fragment->length ||
	       seen->tuple.source_port != fragment->source_port ||
	       seen->tuple.destination_port != fragment->destination_port;
}

/*
 * Gives a later fragment the ports of the first one, whose ports are kept here. What an ICMP error quotes went the other
 * way, and can spoil nothing. Returns 0, or the outcome of a fragment that is of no connection.
 */
__noinline int fragment_resolve(struct observation *seen, __u64 now)
{
	const struct conn_settings *settings = conn_settings_get();
	struct fragment *fragment;
	struct fragment_key key;

	if (!seen || !settings)
		return OUTCOME_UNKNOWN_FRAGMENT;
	if (seen->related)
		tuple_reverse(&seen->tuple);
	fragment_key_make(&key, seen);
	fragment = bpf_map_lookup_elem(&fragments, &key);
	if (!fragment || fragment->expires <= now) {
		struct fragment first = {
			.expires = now + settings->fragment_lifetime,
			.source_port = seen->tuple.source_port,
			.destination_port = seen->tuple.destination_port,
			.length = seen->fragment_length,
		};

		if (seen->fragment == FRAGMENT_LATER)
			return OUTCOME_UNKNOWN_FRAGMENT;
		bpf_map_update_elem(&fragments, &key, &first, BPF_ANY);
		return 0;
	}
	if (!seen->related && !seen->pieces) {
		if (fragment_overlaps(fragment, seen))
			fragment->overlapped = 1;
		if (fragment->overlapped)
			return OUTCOME_OVERLAPPING_FRAGMENT;
	}
	seen->tuple.source_port = fragment->source_port;
	seen->tuple.destination_port = fragment->destination_port;
	if (seen->related)
		tuple_reverse(&seen->tuple);
	return 0;
}

/* Takes a packet of a connection that is there. */
static __always_inline int connection_follow(struct connection *connection,
					     const struct connection_key *key,
					     enum direction direction,
					     const struct conn_settings *settings,
					     enum signal signal, __u32 bytes, __u64 now)
{
	if (signal_is_backwards(key->protocol, signal, direction))
		return OUTCOME_WRONG_DIRECTION;
	connection_count(connection, direction, bytes);
	connection_advance(connection, key, direction, settings, signal, now);
	return OUTCOME_TRACKED;
}

#endif
