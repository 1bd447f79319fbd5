/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_HOT_CONNECTIONS_H
#define HEDDLE_MAPS_HOT_CONNECTIONS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/connection.h"
#include "../include/export.h"
#include "../include/tuple.h"
#include "connections.h"

/* 2 to the power of this is the number of directions of connections that a CPU has copies for. */
#define HOT_BITS 10

/* An entry of `connections` is copied when a jiffy has brought one of its directions that many packets. */
#define HOT_PACKETS 8

/** A CPU's own copy of an entry of `connections`, which spares the packets of one direction the lookup. */
struct hot_connection {
	/** Of the packets. */
	struct tuple tuple;
	/** The jiffy for which the copy is believed. */
	__u64 jiffy;
	/** The entry's key. */
	struct connection_key key;
	/**
	 * The counters of the direction are of what took the copy and is not in the entry's own counters yet. Of answers to a
	 * translated connection, `translated` and the port in the word are what they are given: the source before translation.
	 */
	struct connection connection;
	/** Which way of the connection they go, of `enum direction`. */
	__u32 direction;
	/** 1 while the copy is being made. */
	__u32 busy;
};

/** Connections of which a CPU sees many packets a jiffy, at an index that is a hash of the tuple. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1 << HOT_BITS);
	__type(key, __u32);
	__type(value, struct hot_connection);
} hot_connections SEC(".maps") OWNER("conntrack");

/* Fibonacci hashing: the upper bits of a product with 2^64 divided by the golden ratio. */
static __always_inline struct hot_connection *hot_slot(const struct tuple *tuple)
{
	const __u64 *word = (const void *)tuple;
	__u64 sum = (word[0] ^ word[2]) + (word[1] ^ (word[3] << 1)) + word[4];
	__u32 index = sum * 0x9e3779b97f4a7c15ULL >> (64 - HOT_BITS);

	return bpf_map_lookup_elem(&hot_connections, &index);
}

static __always_inline bool hot_is(const struct hot_connection *hot, const struct tuple *tuple)
{
	const __u64 *a = (const void *)&hot->tuple, *b = (const void *)tuple;

	return !((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]) | (a[4] ^ b[4]));
}

static __always_inline struct connection_way *hot_way(struct hot_connection *hot)
{
	return &hot->connection.way[hot->direction & 1];
}

/* Adds what took the copy to the counters of the entry, if the same connection is still there. */
static __always_inline void hot_settle(struct hot_connection *hot)
{
	struct connection_way *copy = hot_way(hot), *way;
	struct connection *connection;

	if (!copy->packets)
		return;
	connection = bpf_map_lookup_elem(&connections, &hot->key);
	if (connection && word_created(connection->word) == word_created(hot->connection.word)) {
		way = &connection->way[hot->direction & 1];
		__sync_fetch_and_add(&way->packets, copy->packets);
		__sync_fetch_and_add(&way->bytes, copy->bytes);
	}
	copy->packets = 0;
	copy->bytes = 0;
}

/* Counts a packet that met the entry. True when this jiffy has just brought enough of them to copy it. */
static __always_inline bool hot_is_due(struct connection_way *way, __u64 jiffy)
{
	__u16 now = jiffy & 0xfff;

	if ((way->burst & 0xfff) != now)
		way->burst = now;
	if (way->burst >> 12 == 15)
		return false;
	way->burst += 1 << 12;
	return way->burst >> 12 == HOT_PACKETS;
}

/* Puts what answers are given where the copy has what packets of the original direction are. */
static __always_inline void hot_answer(struct hot_connection *hot)
{
	struct connection *copy = &hot->connection;
	__u32 from = !!(copy->word & WORD_BIT(WORD_FROM_SECOND));

	copy->translated = from ? hot->key.address[1] : hot->key.address[0];
	copy->word = word_with_port(copy->word, from ? hot->key.port[1] : hot->key.port[0]);
}

/*
 * Copies an entry that this jiffy brought many packets of the tuple. The table may give its memory to another connection
 * while it is copied; it did not when it is still found afterwards.
 */
static __always_inline void hot_copy(const struct tuple *tuple, const struct connection_key *key,
				     enum direction direction, struct connection *connection)
{
	struct hot_connection *hot = hot_slot(tuple);
	struct connection_way *way;

	/* One packet may interrupt another on kernels with PREEMPT_RT. */
	if (!hot || __sync_val_compare_and_swap(&hot->busy, 0, 1))
		return;
	hot_settle(hot);
	hot->jiffy = 0;
	barrier();
	hot->tuple = *tuple;
	hot->key = *key;
	hot->direction = direction;
	hot->connection = *connection;
	if (direction == DIRECTION_REPLY && (hot->connection.word & WORD_BIT(WORD_TRANSLATED)))
		hot_answer(hot);
	way = hot_way(hot);
	way->packets = 0;
	way->bytes = 0;
	barrier();
	if (bpf_map_lookup_elem(&connections, &hot->key) == connection)
		hot->jiffy = bpf_jiffies64();
	hot->busy = 0;
}

#endif
