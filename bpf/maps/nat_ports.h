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
					   const struct nat_settings *settings,
					   struct nat_usage *usage, __u64 used)
{
	struct nat_warning *warning;

	if (usage->warned || __sync_val_compare_and_swap(&usage->warned, 0, 1))
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

/* Does what the use of a destination asks for: a warning, or that it is forgotten. */
static __always_inline void nat_usage_judge(const struct nat_destination *destination,
					    const struct nat_settings *settings,
					    struct nat_usage *usage, __u64 used)
{
	if (used >= settings->warn_at)
		nat_usage_warn(destination, settings, usage, used);
	/* Not at the limit itself, around which the use of a busy destination goes up and down. */
	else if (used * 2 < settings->warn_at)
		usage->warned = 0;
	if (!used && !__sync_val_compare_and_swap(&usage->used, 0, NAT_USAGE_GONE))
		bpf_map_delete_elem(&nat_ports, destination);
}

/* What became of a change by one. */
enum nat_change {
	NAT_CHANGED,
	/* There is no entry, or it is about to be removed. */
	NAT_MISSING,
	/* Other CPUs were always faster. */
	NAT_BUSY,
};

/* Adds to what is in use. */
static __always_inline int nat_usage_change(const struct nat_destination *destination, int by)
{
	const struct nat_settings *settings = nat_settings_get();
	struct nat_usage *usage;
	__u64 used, seen;

	if (!destination || !settings)
		return NAT_MISSING;
	usage = bpf_map_lookup_elem(&nat_ports, destination);
	if (!usage)
		return NAT_MISSING;
	used = *(volatile __u64 *)&usage->used;
	for (int i = 0; i < NAT_USAGE_TRIES; i++) {
		if (used == NAT_USAGE_GONE || (by < 0 && !used))
			return NAT_MISSING;
		seen = __sync_val_compare_and_swap(&usage->used, used, used + by);
		if (seen == used) {
			nat_usage_judge(destination, settings, usage, used + by);
			return NAT_CHANGED;
		}
		used = seen;
	}
	return NAT_BUSY;
}

/* A function of its own, since it is called twice. Linux 6.1 takes no argument for a key. */
__noinline int nat_usage_add(const struct nat_destination *asked)
{
	struct nat_destination destination;

	if (!asked)
		return NAT_MISSING;
	destination = *asked;
	return nat_usage_change(&destination, 1);
}

/* Counts a port to the destination. False when it could not be, and must not be given back. */
static __always_inline int nat_ports_take(const struct nat_destination *destination)
{
	struct nat_usage first = {};
	int change;

	if (!destination)
		return false;
	change = nat_usage_add(destination);
	if (change == NAT_MISSING &&
	    (int)bpf_map_update_elem(&nat_ports, destination, &first, BPF_NOEXIST) != -E2BIG)
		change = nat_usage_add(destination);
	if (change == NAT_CHANGED)
		return true;
	conn_counter_add(CONN_COUNTER_UNCOUNTED);
	return false;
}

/* Gives a port back that was counted. */
static __always_inline int nat_ports_give_back(const struct nat_destination *destination)
{
	return destination ? nat_usage_change(destination, -1) : NAT_MISSING;
}

#endif
