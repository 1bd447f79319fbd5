/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_CONN_GAUGES_H
#define HEDDLE_MAPS_CONN_GAUGES_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/export.h"

/** What all CPUs count together. Each group has a cache line of its own. */
struct conn_gauges {
	/** Connections in the map `connections`, aliases not counted. */
	__u64 count;
	/** Those of them that leave with another source, and have an alias. */
	__u64 translated;
	/** Those of them whose key is of `SCOPE_ONE_WAY`. */
	__u64 one_way;
	__u64 reserved[5];
	/** Places that were ever taken in the queues, by `enum queue_kind`, and places that were given up again. */
	__u64 taken[2];
	__u64 left[2];
	__u64 reserved2[4];
	/** When the last sweep was, in jiffies as entries have them, and in nanoseconds of CLOCK_MONOTONIC. */
	__u64 swept_jiffies;
	__u64 swept_time;
	__u64 reserved3[6];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct conn_gauges);
} conn_gauges SEC(".maps") OWNER("conntrack");

static __always_inline struct conn_gauges *conn_gauges_get(void)
{
	__u32 index = 0;

	return bpf_map_lookup_elem(&conn_gauges, &index);
}

#endif
