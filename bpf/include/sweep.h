/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_SWEEP_H
#define HEDDLE_SWEEP_H

#include <bpf/bpf_core_read.h>
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
	/** Set by who calls: removals after which this run ends, 0 for no bound. The program counts it down. */
	__u64 budget;
	/** The element of the table to go on with; set by the program to 0 at the end of the table. 0 is the first one. */
	__u64 next;
	/** What is removed beside what is dead; only `conn_flush` looks at it. */
	struct connection_filter filter;
	/** Set by the program: connections that it met, and how many of them it removed for being dead, or meant. */
	__u64 visited;
	__u64 expired;
	__u64 flushed;
	/** When the first of those that it met and that stay expires, in jiffies; all bits set when none stays. */
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

/*
 * What the walk of a table carries along. What changes from one entry to the next is in the argument, whose contents the verifier
 * takes for any numbers: of what is on the stack it would follow each.
 */
struct sweep_walk {
	struct connection_sweep *argument;
	/* A copy, to be handed on. */
	struct connection_filter filter;
	/* As in the argument. */
	__u64 now;
	/* Elements that there are, where the first one is in the kernel, what each takes, and where in it the key is. */
	__u64 end;
	__u64 elements;
	__u32 size;
	__u32 key;
	/* Jiffies in a second. */
	__u32 hz;
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

/* Whether the connection is one that the filter means. A function of its own, which is verified once. */
__noinline int filter_means(const struct connection_filter *filter,
			    const struct connection_key *key, __u64 word)
{
	__u32 from = !!(word & WORD_BIT(WORD_FROM_SECOND));
	const struct ip_addr *source, *destination;
	__be16 port;

	if (!filter || !key)
		return false;
	source = from ? &key->address[1] : &key->address[0];
	destination = from ? &key->address[0] : &key->address[1];
	port = from ? key->port[0] : key->port[1];
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

/* Removes an entry. Whether it was there. A function of its own, which is verified once. */
__noinline int sweep_remove(const struct connection_key *entry, struct connection *connection,
			    enum removal removal, __u64 now)
{
	/* Linux 6.1 takes no key from what a global function was given. */
	struct connection_key key;

	if (!entry || !connection)
		return false;
	key = *entry;
	return connection_remove(&key, connection, removal & 7, now);
}

/* Counts what lives. */
static __always_inline long sweep_pass(struct connection_sweep *argument, __u64 expires)
{
	argument->visited += 1;
	if (expires < argument->soonest)
		argument->soonest = expires;
	return 0;
}

/* Looks at one entry of the table; 1 ends the walk. */
static __always_inline long sweep_visit(const struct connection_key *key,
					struct connection *connection, struct sweep_walk *walk)
{
	struct connection_sweep *argument = walk->argument;
	__u64 expires = connection->expires;
	enum removal removal = REMOVAL_EXPIRED;

	if (connection->word & WORD_BIT(WORD_ALIAS))
		return 0;
	if (expires > walk->now) {
		if (!walk->flush || !filter_means(&walk->filter, key, connection->word))
			return sweep_pass(argument, expires);
		removal = REMOVAL_FLUSHED;
	}
	argument->visited += 1;
	if (!sweep_remove(key, connection, removal, walk->now))
		return 0;
	argument->expired += removal == REMOVAL_EXPIRED;
	argument->flushed += removal == REMOVAL_FLUSHED;
	argument->budget -= 1;
	return !argument->budget;
}

/*
 * Where the kernel keeps the elements of a map of type hash (kernel/bpf/hashtab.c): in one array, allocated with the map.
 * In the order of their memory they are read several times as fast as in that of the hash, since the processor sees what comes
 * next.
 */
struct bpf_map___walk {
	__u32 max_entries;
} __attribute__((preserve_access_index));

struct bpf_htab___walk {
	struct bpf_map___walk map;
	void *elems;
	__u32 elem_size;
} __attribute__((preserve_access_index));

struct htab_elem___walk {
	char key[8];
} __attribute__((preserve_access_index));

/*
 * Elements that the kernel allocates beside those of the map: one for each possible CPU. 0 where nothing may read the kernel's
 * memory (lockdown=confidentiality): the table is walked in the order of its hash.
 */
const volatile __u32 sweep_spare_elements = 0;

/* Elements that one run looks at: what ends soon enough for whoever waits for the processor. */
#define SWEEP_ELEMENTS (1 << 18)

/* What is read of an element: its key, and the beginning of its value. */
struct sweep_element {
	struct connection_key key;
	__u64 expires;
	__u64 word;
};

/* Seconds after its death in which a connection is looked for that somebody was about to remove. */
#define SWEEP_LEFT 120

/*
 * Whether a connection may still be there that somebody was about to remove. Its element is free, nearly always, and free ones
 * are many after a flood.
 */
static __always_inline bool sweep_may_be_left(const struct sweep_walk *walk, __u64 expires)
{
	return expires < walk->now && walk->now - expires < (__u64)walk->hz * SWEEP_LEFT;
}

/*
 * Looks at the next element, which may be free, or be given to another connection meanwhile. What is to be removed is
 * therefore looked up.
 */
static long sweep_next(__u32 index, struct sweep_walk *walk)
{
	struct connection_sweep *argument = walk->argument;
	struct sweep_element element;
	struct connection *connection;
	__u64 next = argument->next;

	(void)index;
	if (next >= walk->end)
		return 1;
	argument->next = next + 1;
	if (bpf_probe_read_kernel(&element, sizeof(element),
				  (const void *)(walk->elements + next * walk->size + walk->key)))
		return 0;
	if (!element.expires || (element.word & WORD_BIT(WORD_ALIAS)) ||
	    (word_state(element.word) == CONNECTION_LEAVING &&
	     !sweep_may_be_left(walk, element.expires)))
		return 0;
	if (element.expires > walk->now &&
	    !(walk->flush && filter_means(&walk->filter, &element.key, element.word)))
		return sweep_pass(argument, element.expires);
	connection = bpf_map_lookup_elem(&connections, &element.key);
	return connection ? sweep_visit(&element.key, connection, walk) : 0;
}

/* Looks at elements in the order of their memory. False where that is not possible. */
static __always_inline bool sweep_memory(struct sweep_walk *walk)
{
	const struct bpf_htab___walk *table = (const void *)&connections;

	if (!sweep_spare_elements || !bpf_core_field_exists(table->elems) ||
	    !bpf_core_field_exists(table->elem_size))
		return false;
	walk->elements = (__u64)table->elems;
	walk->size = table->elem_size;
	walk->key = bpf_core_field_offset(struct htab_elem___walk, key);
	if (!walk->elements)
		return false;
	walk->end = table->map.max_entries + sweep_spare_elements;
	bpf_loop(SWEEP_ELEMENTS, sweep_next, walk, 0);
	if (walk->argument->next >= walk->end)
		walk->argument->next = 0;
	return true;
}

static long sweep_hashed(struct bpf_map *map, const struct connection_key *entry,
			 struct connection *connection, struct sweep_walk *walk)
{
	struct connection_key key = *entry;

	(void)map;
	return sweep_visit(&key, connection, walk);
}

/* Looks at all elements in the order of the hash, from the first one on in each run. */
static __always_inline void sweep_hash(struct sweep_walk *walk)
{
	bool bounded = walk->argument->budget;

	bpf_for_each_map_elem(&connections, sweep_hashed, walk, 0);
	walk->argument->next = bounded && !walk->argument->budget;
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
	struct sweep_walk walk = {.argument = argument, .flush = flush};

	if (!settings || !gauges)
		return 1;
	if (flush)
		walk.filter = argument->filter;
	walk.hz = settings->hz;
	walk.now = conn_now(settings);
	argument->visited = 0;
	argument->expired = 0;
	argument->flushed = 0;
	argument->soonest = ~0ULL;
	argument->now = walk.now;
	argument->time = bpf_ktime_get_ns();
	argument->hz = CONFIG_HZ;
	gauges->swept_jiffies = argument->now;
	gauges->swept_time = argument->time;
	if (!sweep_memory(&walk))
		sweep_hash(&walk);
	if (!argument->next)
		sweep_queues(walk.now);
	return 0;
}

#endif
