/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_EPOCHS_H
#define HEDDLE_MAPS_EPOCHS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/export.h"

/** What the slots of the map `epochs` belong to. */
enum epoch_slot {
	/** Routes, neighbours and the node's own addresses and devices. */
	EPOCH_ROUTES = 0,
	/** The first slot of an endpoint; each endpoint has its own. */
	EPOCH_ENDPOINTS = 1,
};
EXPORT(enum epoch_slot, "datapath");

/**
 * Counters that user space moves on after it changed what ways of connections were decided from: first the
 * state, then the epoch. A way is valid while the epochs it was decided under have not moved.
 * The slow path takes an endpoint's epoch from the endpoint itself, and reads the epoch of routes
 * before it asks for a route, so that a way decided from old state never carries a new epoch.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, __u32);
} epochs SEC(".maps") OWNER("datapath");

static __always_inline __u32 epoch_of(__u32 slot)
{
	__u32 *epoch = bpf_map_lookup_elem(&epochs, &slot);

	return epoch ? *(volatile __u32 *)epoch : 0;
}

#endif
