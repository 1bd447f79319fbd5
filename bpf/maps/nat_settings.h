/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_NAT_SETTINGS_H
#define HEDDLE_MAPS_NAT_SETTINGS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/address.h"
#include "../include/export.h"

/** How connections leave with another source. User space may change it at any time; connections that are there stay as they are. */
struct nat_settings {
	/** The addresses to leave with, of IPv4 and of IPv6; 0 throughout where there is none. `nat_devices` may say others. */
	struct ip_addr address[2];
	/** The ports to leave with, both included, in host order. */
	__u32 first_port;
	__u32 last_port;
	/** Ports that are tried after a connection's own. */
	__u32 probes;
	/** Starts the hash that says which. */
	__u32 seed;
	/** Ports to one destination in use at which there is a warning. */
	__u32 warn_at;
	/** 1 when connections are translated. */
	__u32 enabled;
	/** 1 when no port is taken that one of the node's own sockets has. */
	__u32 sockets;
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct nat_settings);
} nat_settings SEC(".maps") OWNER("conntrack");

/** The addresses that connections leave with by one device. */
struct nat_device {
	/** Of IPv4 and of IPv6; 0 throughout where there is none, and nothing is translated. */
	struct ip_addr address[2];
};

/** Devices, by interface index, by which connections leave with other addresses than by the rest. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct nat_device);
} nat_devices SEC(".maps") OWNER("conntrack");

static __always_inline const struct nat_settings *nat_settings_get(void)
{
	__u32 index = 0;

	return bpf_map_lookup_elem(&nat_settings, &index);
}

#endif
