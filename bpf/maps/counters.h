/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_COUNTERS_H
#define HEDDLE_MAPS_COUNTERS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/export.h"
#include "../include/hook.h"
#include "../include/reason.h"

/** Packets and bytes (of IP packets, headers included). */
struct counter {
	__u64 packets;
	__u64 bytes;
};

/** The bounds of the map `counters`, with room for reasons to come. */
enum counter_bound {
	/** How many hooks there are. */
	COUNTER_HOOKS = 4,
	/** How many reasons fit, the gaps between them included. */
	COUNTER_REASONS = 128,
};
EXPORT(enum counter_bound, "datapath");

/** What became of packets, at index `hook * COUNTER_REASONS + reason`. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTER_HOOKS *COUNTER_REASONS);
	__type(key, __u32);
	__type(value, struct counter);
} counters SEC(".maps") OWNER("datapath");

static __always_inline void counter_add(enum hook hook, enum reason reason, __u32 bytes)
{
	__u32 index = hook * COUNTER_REASONS + reason;
	struct counter *counter = bpf_map_lookup_elem(&counters, &index);

	if (counter) {
		counter->packets += 1;
		counter->bytes += bytes;
	}
}

#endif
