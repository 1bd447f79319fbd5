/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_CONN_SETTINGS_H
#define HEDDLE_MAPS_CONN_SETTINGS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/export.h"

/** Which lifetime in `conn_settings.lifetime`, after four for each scope; the first three are those of the states. */
enum lifetime {
	LIFETIME_OPENING = 0,
	LIFETIME_ESTABLISHED = 1,
	LIFETIME_CLOSING = 2,
	/** Of protocols that neither open nor close their connections. */
	LIFETIME_OTHER = 3,
	/** How many each scope has. */
	LIFETIME_COUNT = 4,
};
EXPORT(enum lifetime, "conntrack");

/** What user space may change at any time. Nothing is tracked before it has been written. */
struct conn_settings {
	/** Jiffies that an entry lives after a packet, at index `scope * LIFETIME_COUNT + enum lifetime`. */
	__u64 lifetime[8];
	/** Connections at most. */
	__u64 limit;
	/** Jiffies in which the fragments of a datagram must come. */
	__u64 fragment_lifetime;
	/**
	 * What counts of the kernel's jiffies, and what is added: all bits and 0, other than in tests, which set the time by no
	 * bits and an offset. It lies beside what each packet reads anyway.
	 */
	__u64 clock_mask;
	__u64 clock_offset;
	/** Jiffies in a second, for those who read the map. */
	__u32 hz;
	/** 1 when somebody reads the map `conn_events`. */
	__u32 events;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct conn_settings);
} conn_settings SEC(".maps") OWNER("conntrack");

static __always_inline const struct conn_settings *conn_settings_get(void)
{
	__u32 index = 0;

	return bpf_map_lookup_elem(&conn_settings, &index);
}

static __always_inline __u64 conn_now(const struct conn_settings *settings)
{
	return (bpf_jiffies64() & settings->clock_mask) + settings->clock_offset;
}

#endif
