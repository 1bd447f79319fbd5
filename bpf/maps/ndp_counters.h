/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_NDP_COUNTERS_H
#define HEDDLE_MAPS_NDP_COUNTERS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/export.h"
#include "../include/reason.h"

EXPORT(enum reason, "ipv6-ndp");

/** What became of requests for link-layer addresses, at the index of the reason: how many there were. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 96);
	__type(key, __u32);
	__type(value, __u64);
} ndp_counters SEC(".maps") OWNER("ipv6-ndp");

static __always_inline void ndp_count(enum reason reason)
{
	__u32 index = reason;
	__u64 *count = bpf_map_lookup_elem(&ndp_counters, &index);

	if (count)
		*count += 1;
}

#endif
