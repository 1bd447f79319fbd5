/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_NODE_ADDRS_H
#define HEDDLE_MAPS_NODE_ADDRS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/address.h"
#include "../include/export.h"

/** The node's own addresses; 1 stands behind each. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct ip_addr);
	__type(value, __u32);
} node_addrs SEC(".maps") OWNER("datapath");

static __always_inline bool node_has_address(const struct ip_addr *address)
{
	/* Linux 6.1 takes no key from what a global function was given. */
	struct ip_addr key = *address;

	return bpf_map_lookup_elem(&node_addrs, &key);
}

#endif
