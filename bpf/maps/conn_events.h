/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_CONN_EVENTS_H
#define HEDDLE_MAPS_CONN_EVENTS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/export.h"
#include "../include/outcome.h"
#include "conn_counters.h"
#include "conn_settings.h"
#include "connections.h"

/** A connection that left the table, as it was then. */
struct connection_event {
	struct connection_key key;
	/** As in `struct connection`. */
	__u64 word;
	__u64 expires;
	struct ip_addr translated;
	/** By direction. */
	__u64 packets[2];
	__u64 bytes[2];
	/** When it left, in jiffies as entries have them. */
	__u64 time;
	enum removal removal;
	__u8 reserved[7];
};

/** Connections that left the table, for those who ask: `events` in the map `conn_settings`. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
	EVENT(struct connection_event);
} conn_events SEC(".maps") OWNER("conntrack");

/* Tells of a connection that is about to leave, and of the word that it had. */
static __always_inline void connection_event_emit(const struct connection_key *key,
						  const struct connection *connection, __u64 word,
						  enum removal removal, __u64 now)
{
	const struct conn_settings *settings = conn_settings_get();
	struct connection_event *event;

	if (!settings || !settings->events)
		return;
	event = bpf_ringbuf_reserve(&conn_events, sizeof(*event), 0);
	if (!event) {
		conn_counter_add(CONN_COUNTER_LOST);
		return;
	}
	event->key = *key;
	event->word = word;
	event->expires = connection->expires;
	event->translated = connection->translated;
	for (int i = 0; i < 2; i++) {
		event->packets[i] = connection->way[i].packets;
		event->bytes[i] = connection->way[i].bytes;
	}
	event->time = now;
	event->removal = removal;
	__builtin_memset(event->reserved, 0, sizeof(event->reserved));
	bpf_ringbuf_submit(event, 0);
}

#endif
