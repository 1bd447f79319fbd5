/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_NAT_PREFIXES_H
#define HEDDLE_MAPS_NAT_PREFIXES_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/address.h"
#include "../include/export.h"

/** A prefix of addresses. */
struct nat_prefix {
	/** How many bits count; of IPv4, 96 more than its prefix has. */
	__u32 bits;
	struct ip_addr address;
};

/** What is said of the addresses of a prefix. */
enum nat_role {
	/** Their connections are translated. */
	NAT_SOURCE = 1,
	/** Connections to them are not. */
	NAT_EXCLUDED = 2,
};
EXPORT(enum nat_role, "conntrack");

/** Bits of `enum nat_role` by prefix: those of the prefix, and of all that it lies in, since only the longest one is found. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct nat_prefix);
	__type(value, __u32);
} nat_prefixes SEC(".maps") OWNER("conntrack");

static __always_inline bool nat_has_role(const struct ip_addr *address, enum nat_role role)
{
	struct nat_prefix prefix = {.bits = 128, .address = *address};
	__u32 *roles = bpf_map_lookup_elem(&nat_prefixes, &prefix);

	return roles && (*roles & role);
}

#endif
