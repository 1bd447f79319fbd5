/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_NDP_ADDRS_H
#define HEDDLE_MAPS_NDP_ADDRS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/address.h"
#include "../include/export.h"

/** The addresses that are answered for; 1 stands behind each. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct ip_addr);
	__type(value, __u32);
} ndp_addrs SEC(".maps") OWNER("ipv6-ndp");

#endif
