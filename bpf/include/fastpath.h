/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_FASTPATH_H
#define HEDDLE_FASTPATH_H

#include "../maps/hot_connections.h"
#include "forward.h"
#include "packet.h"
#include "track.h"
#include "way.h"

/* The entry that an established packet belongs to: this CPU's copy of it, or else what one lookup finds. */
static __always_inline struct connection *fastpath_entry(struct packet *packet,
							 struct connection_key *key, __u64 jiffy)
{
	struct hot_connection *hot = hot_slot(&packet->tuple);
	const struct conn_settings *settings;
	struct connection *connection;
	bool second;

	if (!hot)
		return NULL;
	/* What may change the connection has to meet the entry itself. */
	if (hot->jiffy == jiffy && packet->signal == SIGNAL_DATA && hot_is(hot, &packet->tuple)) {
		packet->hot = 1;
		packet->known = 1;
		packet->direction = hot->direction;
		return &hot->connection;
	}
	second = connection_key_make(key, &packet->tuple, SCOPE_CONNECTION);
	connection = bpf_map_lookup_elem(&connections, key);
	settings = conn_settings_get();
	if (!connection || !settings)
		return NULL;
	packet->known = 1;
	packet->direction = word_direction(connection->word, second);
	return connection->expires > conn_now(settings) ? connection : NULL;
}

/*
 * The connection whose entry decides a packet. NULL when the slow path has to: the connection is new, or this direction
 * of it, what it was decided from has changed, or this packet needs an ICMP error or a router's attention.
 */
static __always_inline struct connection *
fastpath_find(struct __sk_buff *skb, struct packet *packet, struct connection_key *key)
{
	__u64 jiffy = bpf_jiffies64();
	const struct connection_way *way;
	struct connection *connection;

	if (packet->unread)
		return NULL;
	connection = fastpath_entry(packet, key, jiffy);
	if (!connection)
		return NULL;
	way = &connection->way[packet->direction & 1];
	if (!way_is_current(way, packet->hook, skb->ifindex, jiffy) ||
	    way->kind == NEXTHOP_UNRESOLVED || forward_obstacle(skb, packet, way) ||
	    word_reopens(connection->word, packet->tuple.protocol, packet->signal,
			 packet->direction))
		return NULL;
	return connection;
}

/* Takes what is not plain data into its connection. Returns an outcome. */
__noinline int fastpath_signal(const struct packet *packet, struct connection *connection)
{
	const struct conn_settings *settings = conn_settings_get();
	struct connection_key key;

	if (!packet || !connection || !settings)
		return OUTCOME_TABLE_FULL;
	connection_key_make(&key, &packet->tuple, SCOPE_CONNECTION);
	return connection_follow(connection, &key, packet->direction, settings, packet->signal,
				 packet->bytes, conn_now(settings));
}

/* Copies the entry for the packets to come. A function of its own, since a jiffy calls it once for many packets. */
__noinline int fastpath_heat(const struct packet *packet, struct connection *connection)
{
	if (packet && connection)
		hot_copy(&packet->tuple, packet->direction, connection);
	return 0;
}

/* Takes plain data that met the entry into its connection. */
static __always_inline void fastpath_data(const struct packet *packet,
					  const struct connection_key *key,
					  struct connection *connection)
{
	const struct conn_settings *settings = conn_settings_get();
	enum direction direction = packet->direction;

	if (!settings)
		return;
	connection_count(connection, direction, packet->bytes);
	connection_advance(connection, key, direction, settings, SIGNAL_DATA, conn_now(settings));
	if (hot_is_due(&connection->way[direction & 1], bpf_jiffies64()))
		fastpath_heat(packet, connection);
}

/* Takes a packet into its connection. Returns 0, or the reason to drop it. */
static __always_inline int fastpath_take(const struct packet *packet,
					 const struct connection_key *key,
					 struct connection *connection)
{
	struct connection_way *way = &connection->way[packet->direction & 1];

	if (packet->hot) {
		/* A CPU shares its copies with nobody. */
		way->packets += 1;
		way->bytes += packet->bytes;
	} else if (packet->signal == SIGNAL_DATA) {
		fastpath_data(packet, key, connection);
	} else if (fastpath_signal(packet, connection) != OUTCOME_TRACKED) {
		return REASON_WRONG_DIRECTION;
	}
	return 0;
}

#endif
