/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_CONN_COUNTERS_H
#define HEDDLE_MAPS_CONN_COUNTERS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/export.h"
#include "../include/outcome.h"

/** Where what lies in the map `conn_counters`. */
enum conn_counter {
	/** Packets by `enum outcome`, from here on. */
	CONN_COUNTER_OUTCOMES = 0,
	/** Connections that left the table, by `enum removal`, from here on. */
	CONN_COUNTER_REMOVALS = 64,
	/** Removals that somebody wanted to be told of, and that did not fit the ring buffer. */
	CONN_COUNTER_LOST = 80,
	/** Translated connections whose ports are counted nowhere, since the map `nat_ports` was full. */
	CONN_COUNTER_UNCOUNTED = 81,
	/** Packets that were dropped, since they would have left with a source that is to be translated. */
	CONN_COUNTER_LEAKS = 82,
	/** How many counters fit. */
	CONN_COUNTER_COUNT = 96,
};
EXPORT(enum conn_counter, "conntrack");

/** What became of packets, and why connections ended, since the map was made. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CONN_COUNTER_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} conn_counters SEC(".maps") OWNER("conntrack");

static __always_inline void conn_counter_add(__u32 index)
{
	__u64 *counter = bpf_map_lookup_elem(&conn_counters, &index);

	if (counter)
		*counter += 1;
}

#endif
