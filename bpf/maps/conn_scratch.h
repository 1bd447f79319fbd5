/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_CONN_SCRATCH_H
#define HEDDLE_MAPS_CONN_SCRATCH_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/observation.h"
#include "connections.h"

/** A search for a port. */
struct nat_search {
	/** Of the answers, with the port that is tried. */
	struct tuple reply;
	/** The time, in jiffies. */
	__u64 now;
	__u32 hash;
	/** Ports that there are, and the first of them. */
	__u32 first;
	__u32 size;
	/** 1 when all ports are tried, one after the other. */
	__u32 all;
	/** 1 once a port is found. */
	__u32 found;
	__u32 reserved;
};

/**
 * What does not fit the stack of 512 bytes. A packet has it from the beginning of `track` on: nothing
 * else runs on a CPU meanwhile that takes packets. What user space runs may not touch it.
 */
struct conn_scratch {
	/** Of the connection that was found; all zero when a new one does not take its place. */
	struct connection_key key;
	/** Of the connection, or the alias, that is made. */
	struct connection_key fresh_key;
	struct connection fresh;
	/** What was seen in the packet. */
	struct observation seen;
	/** Of what is looked at to know whether a port is free. */
	struct connection_key probe;
	struct nat_search search;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct conn_scratch);
} conn_scratch SEC(".maps") OWNER("conntrack");

static __always_inline struct conn_scratch *conn_scratch_get(void)
{
	__u32 index = 0;

	return bpf_map_lookup_elem(&conn_scratch, &index);
}

#endif
