/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_SCRATCH_H
#define HEDDLE_SCRATCH_H

#include "../maps/conn_queues.h"
#include "../maps/conn_scratch.h"
#include "../maps/connections.h"
#include "observation.h"
#include "tuple.h"

/* A search for a port. */
struct nat_search {
	/* Of the answers, with the port that is tried. */
	struct tuple reply;
	/* The time, in jiffies. */
	__u64 now;
	__u32 hash;
	/* Ports that there are, and the first of them. */
	__u32 first;
	__u32 size;
	/* 1 when all ports are tried, one after the other. */
	__u32 all;
	/* 1 once a port is found. */
	__u32 found;
	/* 1 when the node's own sockets are asked, too. */
	__u32 sockets;
	__u32 reserved;
};

/*
 * What does not fit the stack of 512 bytes. A packet has it from the beginning of `track` on: nothing else runs on a CPU
 * meanwhile that takes packets. What user space runs may not touch it.
 */
struct scratch {
	/* What was seen in the packet. */
	struct observation seen;
	/* Of the connection that was found; all zero when a new one does not take its place. */
	struct connection_key key;
	/* Of the connection, or the alias, that is made. */
	struct connection_key fresh_key;
	struct connection fresh;
	/* Of a queue, whose turn it is. */
	struct conn_place place;
	/* Of what is looked at to know whether a port is free. */
	struct connection_key probe;
	struct nat_search search;
};

_Static_assert(sizeof(struct scratch) <= sizeof(struct conn_scratch), "it fits its memory");

/* This CPU's. */
static __always_inline struct scratch *scratch_of(enum scratch_user user)
{
	__u32 index = user;

	return bpf_map_lookup_elem(&conn_scratch, &index);
}

static __always_inline struct scratch *scratch_get(void)
{
	return scratch_of(SCRATCH_PACKET);
}

#endif
