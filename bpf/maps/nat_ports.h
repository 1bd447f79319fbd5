/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_NAT_PORTS_H
#define HEDDLE_MAPS_NAT_PORTS_H

#include <linux/bpf.h>
#include <linux/errno.h>
#include <bpf/bpf_helpers.h>
#include "../include/address.h"
#include "../include/export.h"
#include "conn_counters.h"
#include "nat_settings.h"

/** To whom connections leave, and with which address. */
struct __attribute__((aligned(8))) nat_destination {
	/** The address that connections leave with. */
	struct ip_addr address;
	struct ip_addr destination;
	/** 0 of an ICMP echo. */
	__be16 destination_port;
	/** IP protocol number. */
	__u8 protocol;
	__u8 reserved[5];
};

/** Of the ports to a destination, those in use. */
struct nat_usage {
	/** All bits set once nothing is counted here any more, and the entry is about to be removed. */
	__u64 used;
	/** 1 after a warning, until less than half of what there is a warning at is in use. */
	__u32 warned;
	__u32 reserved;
};

/** A destination to which ports run short. */
struct nat_warning {
	struct nat_destination destination;
	__u64 used;
	/** Ports that there are. */
	__u64 capacity;
};

/**
 * The use of ports, for those who look and to warn: which ports are taken is for the map `connections` to say. When it is
 * full, connections to further destinations are translated all the same, but counted in `CONN_COUNTER_UNCOUNTED` only.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct nat_destination);
	__type(value, struct nat_usage);
} nat_ports SEC(".maps") OWNER("conntrack");

/** Destinations to which ports run short: once each, and again only after their use fell. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
	EVENT(struct nat_warning);
} nat_warnings SEC(".maps") OWNER("conntrack");

#define NAT_USAGE_GONE (~0ULL)

/* CPUs that use one destination at once, and come in the way of one another that often, are uncounted. */
#define NAT_USAGE_TRIES 8

static __always_inline void nat_usage_warn(const struct nat_destination *destination,
					   struct nat_usage *usage, __u64 used)
{
	const struct nat_settings *settings = nat_settings_get();
	struct nat_warning *warning;

	if (!settings || used < settings->warn_at || usage->warned ||
	    __sync_val_compare_and_swap(&usage->warned, 0, 1))
		return;
	warning = bpf_ringbuf_reserve(&nat_warnings, sizeof(*warning), 0);
	if (!warning) {
		usage->warned = 0;
		return;
	}
	warning->destination = *destination;
	warning->used = used;
	warning->capacity = settings->last_port - settings->first_port + 1;
	bpf_ringbuf_submit(warning, 0);
}

/* Counts a port to the destination. False when it could not be, and must not be given back. */
__noinline int nat_ports_take(const struct nat_destination *destination)
{
	if (!destination)
		return false;
	for (int i = 0; i < NAT_USAGE_TRIES; i++) {
		struct nat_usage *usage = bpf_map_lookup_elem(&nat_ports, destination);
		__u64 used;

		if (!usage) {
			struct nat_usage first = {};

			if (bpf_map_update_elem(&nat_ports, destination, &first, BPF_NOEXIST) ==
			    -E2BIG)
				break;
			continue;
		}
		used = *(volatile __u64 *)&usage->used;
		if (used == NAT_USAGE_GONE ||
		    __sync_val_compare_and_swap(&usage->used, used, used + 1) != used)
			continue;
		nat_usage_warn(destination, usage, used + 1);
		return true;
	}
	conn_counter_add(CONN_COUNTER_UNCOUNTED);
	return false;
}

/* Gives a port back that was counted. What nobody uses is removed. */
__noinline int nat_ports_give_back(const struct nat_destination *destination)
{
	const struct nat_settings *settings = nat_settings_get();
	struct nat_usage *usage;
	__u64 used;

	if (!destination || !settings)
		return 0;
	usage = bpf_map_lookup_elem(&nat_ports, destination);
	if (!usage)
		return 0;
	for (int i = 0; i < NAT_USAGE_TRIES; i++) {
		used = *(volatile __u64 *)&usage->used;
		if (!used || used == NAT_USAGE_GONE)
			return 0;
		if (__sync_val_compare_and_swap(&usage->used, used, used - 1) == used)
			break;
	}
	used -= 1;
	/* Not at the limit itself, around which the use of a busy destination goes up and down. */
	if (used * 2 < settings->warn_at)
		usage->warned = 0;
	if (!used && !__sync_val_compare_and_swap(&usage->used, 0, NAT_USAGE_GONE))
		bpf_map_delete_elem(&nat_ports, destination);
	return 0;
}

#endif
