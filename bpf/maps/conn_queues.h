/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_CONN_QUEUES_H
#define HEDDLE_MAPS_CONN_QUEUES_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/bounded.h"
#include "../include/export.h"
#include "conn_gauges.h"
#include "connections.h"

/** The queues in which connections stand that may be evicted, the oldest first. */
enum queue_kind {
	/** Of those that are closing, which go first. */
	QUEUE_CLOSING = 0,
	/** Of those that one side can make alone. */
	QUEUE_HALF_OPEN = 1,
};
EXPORT(enum queue_kind, "conntrack");

/**
 * A place in a queue. Whoever leaves the queue before its turn leaves the place behind: it is passed over when its turn
 * comes, since no such connection is there any more.
 */
struct conn_place {
	struct connection_key key;
	/** The low half of the place's number, counted from 1, once it is written. */
	__u32 turn;
	/** The low half of when the connection began. */
	__u32 created;
};

/** Places in the queue of each kind: powers of 2, as many as the maps of the same names have. */
const volatile __u32 closing_places = 32768;
const volatile __u32 half_open_places = 131072;

/** The queue of `QUEUE_CLOSING`, written round and round. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 32768);
	__type(key, __u32);
	__type(value, struct conn_place);
} conn_closing SEC(".maps") OWNER("conntrack");

/** The queue of `QUEUE_HALF_OPEN`, written round and round. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 131072);
	__type(key, __u32);
	__type(value, struct conn_place);
} conn_half_open SEC(".maps") OWNER("conntrack");

static __always_inline __u64 conn_places(enum queue_kind queue)
{
	return queue == QUEUE_CLOSING ? closing_places : half_open_places;
}

static __always_inline struct conn_place *conn_place_at(enum queue_kind queue, __u64 number)
{
	__u32 index = number & (conn_places(queue) - 1);

	if (queue == QUEUE_CLOSING)
		return bpf_map_lookup_elem(&conn_closing, &index);
	return bpf_map_lookup_elem(&conn_half_open, &index);
}

/* Puts a connection at the end of the queue. */
static __always_inline void conn_queue_add(struct conn_gauges *gauges, enum queue_kind queue,
					   const struct connection_key *key, __u64 created)
{
	__u64 number = __sync_fetch_and_add(&gauges->taken[bounded(queue, 1)], 1);
	struct conn_place *place = conn_place_at(queue, number);

	if (!place)
		return;
	*(volatile __u32 *)&place->turn = 0;
	barrier();
	place->key = *key;
	place->created = created;
	barrier();
	*(volatile __u32 *)&place->turn = number + 1;
}

/*
 * Copies the place whose turn it is. False when the queue is empty, or that place is being written. A queue that was
 * written all round goes on with the oldest place that is left.
 */
static __always_inline bool conn_queue_first(struct conn_gauges *gauges, enum queue_kind queue,
					     struct conn_place *first, __u64 *number)
{
	__u64 left = *(volatile __u64 *)&gauges->left[bounded(queue, 1)];
	__u64 taken = *(volatile __u64 *)&gauges->taken[bounded(queue, 1)];
	struct conn_place *place;

	if (taken - left > conn_places(queue)) {
		__u64 oldest = taken - conn_places(queue);

		__sync_val_compare_and_swap(&gauges->left[bounded(queue, 1)], left, oldest);
		left = oldest;
	}
	if (left == taken)
		return false;
	place = conn_place_at(queue, left);
	if (!place)
		return false;
	*first = *place;
	barrier();
	*number = left;
	return first->turn == (__u32)(left + 1) &&
	       *(volatile __u32 *)&place->turn == (__u32)(left + 1);
}

/* Takes the place out of the queue. False when another CPU did. */
static __always_inline bool conn_queue_leave(struct conn_gauges *gauges, enum queue_kind queue,
					     __u64 number)
{
	return __sync_val_compare_and_swap(&gauges->left[bounded(queue, 1)], number, number + 1) ==
	       number;
}

#endif
