/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_ENDPOINTS_H
#define HEDDLE_MAPS_ENDPOINTS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/address.h"
#include "../include/export.h"

/** A pod of this node, as found by one of its addresses. */
struct endpoint {
	/** Index of the node's end of the pod's device pair. */
	__u32 ifindex;
	/** Where the epoch of this endpoint lies in the map `epochs`. */
	__u32 epoch_slot;
	/** The epoch that this value belongs to: it is believed once `epochs` has caught up. */
	__u32 epoch;
	/** The pod's own MAC address. */
	struct mac_addr mac;
	/** Largest IP packet that the pod's device takes, in bytes. */
	__u16 mtu;
};

/** The pods of this node by address: one entry for each address of each pod. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct ip_addr);
	__type(value, struct endpoint);
} endpoints SEC(".maps") OWNER("endpoint");

static __always_inline struct endpoint *endpoint_find(const struct ip_addr *address)
{
	/* Linux 6.1 takes no key from what a global function was given. */
	struct ip_addr key = *address;

	return bpf_map_lookup_elem(&endpoints, &key);
}

#endif
