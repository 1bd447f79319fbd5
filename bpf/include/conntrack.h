/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_CONNTRACK_H
#define HEDDLE_CONNTRACK_H

#include "nat.h"
#include "scratch.h"
#include "track.h"

/*
 * Connection tracking of whatever passes, source NAT included.
 */

/* An entry by its key, and which way the packet goes that found it. */
struct found {
	struct connection_key *key;
	struct connection *connection;
	enum direction direction;
	/* Whether answers have been translated already: they are of the connection that they would not be of before. */
	bool arrived;
};

/* The connection of an alias that an answer has found; not one that is no longer, or not yet, its own. */
static __always_inline struct connection *
connection_of_alias(struct found *found, const struct tuple *answer, const struct connection *alias)
{
	struct connection *connection;

	alias_key_make(found->key, alias);
	connection = bpf_map_lookup_elem(&connections, found->key);
	found->direction = DIRECTION_REPLY;
	if (!connection || !(connection->word & WORD_BIT(WORD_TRANSLATED)) ||
	    word_port(connection->word) != answer->destination_port ||
	    !ip_addr_equal(&connection->translated, &answer->destination))
		return NULL;
	return connection;
}

/* The entry that packets of the tuple belong to, dead or alive. */
static __always_inline struct connection *
connection_look_up(struct found *found, const struct tuple *tuple, enum scope scope)
{
	bool second = connection_key_make(found->key, tuple, scope);
	struct connection *connection = bpf_map_lookup_elem(&connections, found->key);
	struct conn_gauges *gauges;

	if (connection && (!word_is_of_others(connection->word, second) ||
			   (found->arrived && !(connection->word & WORD_BIT(WORD_ALIAS))))) {
		found->direction = word_direction(connection->word, second);
		return connection;
	}
	if (connection && (connection->word & WORD_BIT(WORD_ALIAS)) &&
	    word_direction(connection->word, second) == DIRECTION_ORIGINAL)
		return connection_of_alias(found, tuple, connection);
	gauges = conn_gauges_get();
	if (scope != SCOPE_CONNECTION || !gauges || !gauges->one_way)
		return NULL;
	connection_key_make(found->key, tuple, SCOPE_ONE_WAY);
	found->direction = DIRECTION_ORIGINAL;
	return bpf_map_lookup_elem(&connections, found->key);
}

/* The living entry that packets of the tuple belong to; a dead one is removed when it is met. */
static __always_inline void connection_find(struct found *found, const struct tuple *tuple,
					    enum scope scope, __u64 now)
{
	struct connection *connection = connection_look_up(found, tuple, scope);

	if (connection &&
	    (connection->expires <= now || word_state(connection->word) == CONNECTION_LEAVING)) {
		connection_remove(found->key, connection, REMOVAL_EXPIRED, now);
		connection = NULL;
	}
	found->connection = connection;
}

/*
 * Reserves the tuple of the answers to a translated connection, whose key is of the scope. Returns an error of the map, which is
 * always of 32 bits: before Linux 6.4 a map leaves the upper half of a register as it is.
 */
static __always_inline int alias_insert(struct scratch *scratch, const struct tuple *original,
					const struct translation *to, enum scope scope, __u64 now)
{
	struct connection *alias = &scratch->fresh;

	__builtin_memset(alias, 0, sizeof(*alias));
	alias->expires = ~0ULL;
	alias->scope = scope;
	alias->word = (now & WORD_CREATED_MASK) << WORD_CREATED | WORD_BIT(WORD_ALIAS);
	if (connection_key_between(&scratch->fresh_key, &original->destination,
				   original->destination_port, &to->address, to->port,
				   original->protocol, SCOPE_CONNECTION))
		alias->word |= WORD_BIT(WORD_FROM_SECOND);
	alias->word = word_with_port(alias->word, original->source_port);
	alias->translated = original->source;
	return bpf_map_update_elem(&connections, &scratch->fresh_key, alias, BPF_NOEXIST);
}

/* Makes the alias of a new connection. Returns the scope of the key that the connection is to have, or an error of the map. */
__noinline int connection_reserve_tuple(const struct tuple *original, const struct translation *to,
					__u64 now)
{
	struct scratch *scratch = scratch_get();
	struct conn_gauges *gauges = conn_gauges_get();
	enum scope scope = SCOPE_CONNECTION;
	int error;

	if (!original || !to || !scratch || !gauges)
		return -EINVAL;
	/* Where it would be is somebody else's: an alias, or a translated connection in the other direction. */
	connection_key_make(&scratch->fresh_key, original, SCOPE_CONNECTION);
	if (bpf_map_lookup_elem(&connections, &scratch->fresh_key))
		scope = SCOPE_ONE_WAY;
	error = alias_insert(scratch, original, to, scope, now);
	if (error)
		return error;
	__sync_fetch_and_add(&gauges->translated, 1);
	if (scope == SCOPE_ONE_WAY)
		__sync_fetch_and_add(&gauges->one_way, 1);
	return scope;
}

/* Counts the port of a new connection. Whether it could be. */
__noinline int connection_count_port(const struct tuple *original, const struct translation *to)
{
	struct nat_destination destination = {};

	if (!original || !to || !nat_has_ports(original->protocol))
		return false;
	destination.address = to->address;
	destination.destination = original->destination;
	destination.destination_port = original->destination_port;
	destination.protocol = original->protocol;
	return nat_ports_take(&destination);
}

/* Puts a new connection into the place that was reserved for it. Returns an error of the map, -EAGAIN for its port. */
__noinline int connection_insert(const struct observation *seen, enum scope scope,
				 const struct translation *to, __u64 now)
{
	const struct conn_settings *settings = conn_settings_get();
	struct scratch *scratch = scratch_get();
	struct conn_gauges *gauges = conn_gauges_get();
	struct connection_key *key;
	struct connection *fresh;
	bool translated, second;
	int error;

	if (!seen || !to || !settings || !gauges || !scratch)
		return -EINVAL;
	translated = to->end != TRANSLATED_NONE;
	if (translated) {
		error = connection_reserve_tuple(&seen->tuple, to, now);
		if (error < 0)
			return error == -EEXIST ? -EAGAIN : error;
		scope = error;
	}
	key = &scratch->fresh_key;
	fresh = &scratch->fresh;
	__builtin_memset(fresh, 0, sizeof(*fresh));
	second = connection_key_make(key, &seen->tuple, scope);
	connection_begin(fresh, key, second, settings, seen->signal, seen->bytes, now);
	if (translated) {
		fresh->word = word_with_port(fresh->word, to->port) | WORD_BIT(WORD_TRANSLATED);
		fresh->translated = to->address;
		fresh->counted = connection_count_port(&seen->tuple, to);
	}
	error = bpf_map_update_elem(&connections, key, fresh, BPF_NOEXIST);
	if (!error)
		conn_queue_add(gauges, QUEUE_HALF_OPEN, key, now);
	else if (translated)
		alias_release(key, fresh->word, &fresh->translated, fresh->counted);
	return error;
}

/*
 * Begins a connection in the place that is reserved. Returns its outcome; `OUTCOME_TRACKED` when another CPU was faster.
 * Aliases are not counted, so that the map can be full before the table is.
 */
static __always_inline int connection_enter(const struct observation *seen, enum scope scope,
					    const struct translation *to, __u64 now)
{
	int error = connection_insert(seen, scope, to, now);

	if (error == -E2BIG &&
	    (conn_queue_evict(QUEUE_CLOSING, now) || conn_queue_evict(QUEUE_HALF_OPEN, now)))
		error = connection_insert(seen, scope, to, now);
	switch (error) {
	case 0:
		return OUTCOME_CREATED;
	case -EEXIST:
		return OUTCOME_TRACKED;
	case -EAGAIN:
		return OUTCOME_TUPLE_IN_USE;
	default:
		return OUTCOME_TABLE_FULL;
	}
}

/*
 * Begins a connection, in the place of one that is over, if there is one. Returns its outcome; `OUTCOME_TRACKED` when
 * another CPU was faster. Nothing changes before it is clear that it can leave.
 */
static __always_inline int connection_open(struct __sk_buff *skb, struct found *over,
					   const struct observation *seen, enum scope scope,
					   const struct conn_settings *settings,
					   struct translation *to, __u64 now)
{
	struct conn_gauges *gauges = conn_gauges_get();
	int outcome = 0;

	if (!gauges)
		return OUTCOME_TABLE_FULL;
	if (!over->connection)
		__builtin_memset(over->key, 0, sizeof(*over->key));
	/* A service's client is answered by a backend, whose packets are not looked up here. */
	if (scope == SCOPE_SERVICE)
		to->end = TRANSLATED_NONE;
	else
		outcome = nat_choose(skb, &seen->tuple, to, now);
	if (outcome)
		return outcome;
	if (over->connection)
		connection_remove(over->key, over->connection, REMOVAL_REPLACED, now);
	if (!conn_reserve(now))
		return OUTCOME_TABLE_FULL;
	conn_queue_tidy(settings, gauges, now);
	outcome = connection_enter(seen, scope, to, now);
	if (outcome != OUTCOME_CREATED)
		__sync_fetch_and_sub(&gauges->count, 1);
	return outcome;
}

/* Whether there is a connection, and the packet begins no other one in its place. */
static __always_inline bool connection_goes_on(const struct found *found, enum signal signal)
{
	return found->connection && !word_reopens(found->connection->word, found->key->protocol,
						  signal, found->direction);
}

/* What a packet of a connection is to be given. */
static __always_inline void connection_translation(const struct found *found,
						   struct translation *to)
{
	const struct connection *connection = found->connection;
	__u64 word = connection->word;
	__u32 from = !!(word & WORD_BIT(WORD_FROM_SECOND));

	if (!(word & WORD_BIT(WORD_TRANSLATED))) {
		to->end = TRANSLATED_NONE;
	} else if (found->direction == DIRECTION_ORIGINAL) {
		to->end = TRANSLATED_SOURCE;
		to->address = connection->translated;
		to->port = word_port(word);
	} else {
		to->end = TRANSLATED_DESTINATION;
		to->address = from ? found->key->address[1] : found->key->address[0];
		to->port = from ? found->key->port[1] : found->key->port[0];
	}
}

/*
 * Takes what was seen in one packet. Returns its outcome. `to->end` says whether a connection may begin that leaves with
 * another source, and then what the packet is to be given.
 */
__noinline int connection_track(struct __sk_buff *skb, struct observation *seen, enum scope scope,
				struct translation *to)
{
	const struct conn_settings *settings = conn_settings_get();
	struct scratch *scratch = scratch_get();
	struct found found = {};
	int outcome = 0;
	__u64 now;

	if (!seen || !to || !settings || !scratch)
		return OUTCOME_TABLE_FULL;
	found.key = &scratch->key;
	now = conn_now(settings);
	if (seen->fragment)
		outcome = fragment_resolve(seen, now);
	if (outcome)
		return outcome;
	for (int i = 0;; i++) {
		connection_find(&found, &seen->tuple, scope, now);
		if (seen->related && !found.connection)
			return OUTCOME_QUOTES_UNKNOWN;
		if (seen->related || connection_goes_on(&found, seen->signal))
			break;
		/* Another CPU has begun one, which is over. */
		if (i)
			return OUTCOME_TABLE_FULL;
		if (!found.connection && !signal_begins(seen->signal))
			return OUTCOME_NO_CONNECTION;
		outcome = connection_open(skb, &found, seen, scope, settings, to, now);
		if (outcome != OUTCOME_TRACKED)
			return outcome;
	}
	connection_translation(&found, to);
	if (!seen->related)
		return connection_follow(found.connection, found.key, found.direction, settings,
					 seen->signal, seen->bytes, now);
	connection_count(found.connection, found.direction, seen->bytes);
	return OUTCOME_RELATED;
}

/*
 * Says what a packet is to be given that was taken into its connection before. Returns `OUTCOME_TRACKED` or `OUTCOME_RELATED`, or why
 * there is none.
 */
__noinline int connection_locate(struct observation *seen, struct translation *to)
{
	const struct conn_settings *settings = conn_settings_get();
	struct scratch *scratch = scratch_get();
	struct found found = {};
	int outcome = 0;
	__u64 now;

	if (!seen || !to || !settings || !scratch)
		return OUTCOME_TABLE_FULL;
	now = conn_now(settings);
	if (seen->fragment)
		outcome = fragment_resolve(seen, now);
	if (outcome)
		return outcome;
	found.key = &scratch->key;
	connection_find(&found, &seen->tuple, SCOPE_CONNECTION, now);
	if (!found.connection)
		return OUTCOME_NO_CONNECTION;
	connection_translation(&found, to);
	return seen->related ? OUTCOME_RELATED : OUTCOME_TRACKED;
}

/* Room to see a packet in. */
static __always_inline struct observation *track_room(void)
{
	struct scratch *scratch = scratch_get();

	if (!scratch)
		return NULL;
	__builtin_memset(&scratch->seen, 0, sizeof(scratch->seen));
	return &scratch->seen;
}

/*
 * Looks at a packet, takes it, and counts what became of it. `to->end` is as `connection_track` says, and
 * `TRANSLATED_NONE` afterwards for what is of no connection.
 */
static __always_inline int track_to(struct __sk_buff *skb, enum scope scope,
				    struct observation *seen, struct translation *to)
{
	int outcome = observation_read(skb, seen);

	if (!outcome)
		outcome = connection_track(skb, seen, scope, to);
	if (outcome > OUTCOME_RELATED)
		to->end = TRANSLATED_NONE;
	conn_counter_add(CONN_COUNTER_OUTCOMES + (outcome & 63));
	return outcome;
}

/* The same of packets that keep their addresses. */
static __always_inline int track(struct __sk_buff *skb, enum scope scope)
{
	struct observation *seen = track_room();
	struct translation to = {};

	return seen ? track_to(skb, scope, seen, &to) : OUTCOME_TABLE_FULL;
}

#endif
