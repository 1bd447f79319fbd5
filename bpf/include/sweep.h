/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_SWEEP_H
#define HEDDLE_SWEEP_H

#include "track.h"

/** Addresses that have the same first bits. */
struct address_range {
	/** With zeros behind the bits that count. */
	struct ip_addr address;
	/** How many bits count, 0 to 128; of IPv4, 96 more than its prefix has. */
	__u32 bits;
	/** 4 or 6; 0 is any address. */
	__u32 family;
};

/* What the kernel was configured with, when it tells. */
extern int CONFIG_HZ __kconfig __weak;

/** Which fields of a filter count. */
enum filter_field {
	FILTER_SCOPE = 1,
	FILTER_STATE = 2,
	FILTER_PROTOCOL = 4,
	FILTER_PORT = 8,
};
EXPORT(enum filter_field, "conntrack");

/** Which connections are meant: those of which all that is given is true. */
struct connection_filter {
	/** Where the side that began the connection is. */
	struct address_range source;
	/** Where the side that answers is. */
	struct address_range destination;
	/** Where either side is. */
	struct address_range either;
	/** The port of the side that answers. */
	__be16 destination_port;
	/** IP protocol number. */
	__u8 protocol;
	enum scope scope;
	enum connection_state state;
	__u8 reserved[3];
	/** Bits of `enum filter_field`: which of the fields after the addresses count. */
	__u32 fields;
	__u32 reserved2;
};

/** The argument of the program `conn_sweep`, and of `conn_flush`: what to do, and what was done. */
struct connection_sweep {
	/** Set by who calls: removals after which this run ends, 0 for no bound. */
	__u64 budget;
	/** What is removed beside what is dead; only `conn_flush` looks at it. */
	struct connection_filter filter;
	/** Set by the program: connections that it met, and how many of them it removed for being dead, or meant. */
	__u64 visited;
	__u64 expired;
	__u64 flushed;
	/** When the first of those that stay expires, in jiffies; all bits set when none stays or this run ended before. */
	__u64 soonest;
	/** The time it is, in jiffies as entries have them, and in nanoseconds of CLOCK_MONOTONIC. */
	__u64 now;
	__u64 time;
	/** Jiffies in a second, as the kernel was configured; 0 when it does not tell. */
	__u32 hz;
	__u32 reserved;
};
EXPORT(struct connection_sweep, "conntrack");

struct bpf_map;

/* What the walk of a table carries along. */
struct sweep_walk {
	struct connection_sweep sweep;
	bool flush;
};

static __always_inline bool range_has(const struct address_range *range,
				      const struct ip_addr *address)
{
	__u32 bits = range->bits;

	if (!range->family)
		return true;
	if (ip_addr_is_ipv4(address) != (range->family == 4))
		return false;
	for (int i = 0; i < 4; i++) {
		__u32 differ = range->address.word[i] ^ address->word[i];

		if (!bits)
			return true;
		if (bits < 32)
			return !(bpf_ntohl(differ) >> (32 - bits));
		if (differ)
			return false;
		bits -= 32;
	}
	return true;
}

static __always_inline bool filter_means(const struct connection_filter *filter,
					 const struct connection_key *key, __u64 word)
{
	__u32 from = !!(word & WORD_BIT(WORD_FROM_SECOND));
	const struct ip_addr *source = from ? &key->address[1] : &key->address[0];
	const struct ip_addr *destination = from ? &key->address[0] : &key->address[1];
	__be16 port = from ? key->port[0] : key->port[1];

	if ((filter->fields & FILTER_SCOPE) &&
	    (filter->scope == SCOPE_SERVICE) != (key->scope == SCOPE_SERVICE))
		return false;
	if ((filter->fields & FILTER_STATE) && filter->state != word_state(word))
		return false;
	if ((filter->fields & FILTER_PROTOCOL) && filter->protocol != key->protocol)
		return false;
	if ((filter->fields & FILTER_PORT) && filter->destination_port != port)
		return false;
	return range_has(&filter->source, source) && range_has(&filter->destination, destination) &&
	       (range_has(&filter->either, source) || range_has(&filter->either, destination));
}

/* Removes an entry, and says whether the walk is over. */
static __always_inline long sweep_remove(const struct connection_key *entry,
					 struct connection *connection, enum removal removal,
					 struct connection_sweep *sweep)
{
	struct connection_key key = *entry;

	if (connection_remove(&key, connection, removal, sweep->now)) {
		if (removal == REMOVAL_EXPIRED)
			sweep->expired += 1;
		else
			sweep->flushed += 1;
	}
	return sweep->budget && sweep->expired + sweep->flushed >= sweep->budget;
}

/* Looks at one entry of the table; 1 ends the walk. What lives costs no more than a look at its time. */
static long sweep_visit(struct bpf_map *map, struct connection_key *key,
			struct connection *connection, struct sweep_walk *walk)
{
	struct connection_sweep *sweep = &walk->sweep;
	__u64 expires = connection->expires;

	(void)map;
	if (connection->word & WORD_BIT(WORD_ALIAS))
		return 0;
	sweep->visited += 1;
	if (expires <= sweep->now)
		return sweep_remove(key, connection, REMOVAL_EXPIRED, sweep);
	if (walk->flush && filter_means(&sweep->filter, key, connection->word))
		return sweep_remove(key, connection, REMOVAL_FLUSHED, sweep);
	if (expires < sweep->soonest)
		sweep->soonest = expires;
	return 0;
}

/* Places that one sweep clears from the beginning of a queue at most. */
#define SWEEP_PLACES (1 << 20)

struct sweep_queue {
	enum queue_kind queue;
	__u64 now;
};

static long sweep_place(__u32 index, struct sweep_queue *walk)
{
	(void)index;
	return conn_queue_step(walk->queue, QUEUE_SWEEP, walk->now) != QUEUE_PASSED;
}

/* Clears what connections left behind at the beginning of the queues. */
static __always_inline void sweep_queues(__u64 now)
{
	struct sweep_queue closing = {.queue = QUEUE_CLOSING, .now = now};
	struct sweep_queue half_open = {.queue = QUEUE_HALF_OPEN, .now = now};

	bpf_loop(SWEEP_PLACES, sweep_place, &closing, 0);
	bpf_loop(SWEEP_PLACES, sweep_place, &half_open, 0);
}

/* Walks the table in the kernel, and removes what is dead, or meant. */
static __always_inline int sweep_run(struct connection_sweep *argument, bool flush)
{
	const struct conn_settings *settings = conn_settings_get();
	struct conn_gauges *gauges = conn_gauges_get();
	struct sweep_walk walk = {};

	if (!settings || !gauges)
		return 1;
	walk.sweep.budget = argument->budget;
	if (flush)
		walk.sweep.filter = argument->filter;
	walk.flush = flush;
	walk.sweep.soonest = ~0ULL;
	walk.sweep.now = conn_now(settings);
	walk.sweep.time = bpf_ktime_get_ns();
	gauges->swept_jiffies = walk.sweep.now;
	gauges->swept_time = walk.sweep.time;
	bpf_for_each_map_elem(&connections, sweep_visit, &walk, 0);
	sweep_queues(walk.sweep.now);
	argument->visited = walk.sweep.visited;
	argument->expired = walk.sweep.expired;
	argument->flushed = walk.sweep.flushed;
	argument->soonest = walk.sweep.soonest;
	argument->now = walk.sweep.now;
	argument->time = walk.sweep.time;
	argument->hz = CONFIG_HZ;
	return 0;
}

#endif
