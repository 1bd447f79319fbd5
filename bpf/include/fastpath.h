/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_FASTPATH_H
#define HEDDLE_FASTPATH_H

#include "../maps/hot_connections.h"
#include "forward.h"
#include "packet.h"
#include "track.h"
#include "way.h"

/* The living entry of an established connection: this CPU's copy of it, or else what one lookup finds. */
static __always_inline struct connection *fastpath_entry(struct packet *packet)
{
	const struct conn_settings *settings = conn_settings_get();
	struct hot_connection *hot = hot_slot(packet);
	struct connection *connection;

	if (!settings || !hot)
		return NULL;
	/* What may change the connection has to meet the entry itself. */
	if (packet->signal == SIGNAL_DATA && hot->jiffy == bpf_jiffies64() && hot_is(hot, packet)) {
		packet->hot = 1;
		packet->known = 1;
		return &hot->connection;
	}
	connection = bpf_map_lookup_elem(&connections, &packet->key);
	if (!connection)
		return NULL;
	packet->known = 1;
	return connection->expires > conn_now(settings) ? connection : NULL;
}

/*
 * The connection whose entry decides a packet. NULL when the slow path has to: the connection is new, or this direction
 * of it, what it was decided from has changed, or this packet needs an ICMP error or a router's attention.
 */
static __always_inline struct connection *fastpath_find(struct __sk_buff *skb,
							struct packet *packet)
{
	struct connection *connection;
	const struct connection_way *way;
	enum direction direction;

	if (packet->unread)
		return NULL;
	connection = fastpath_entry(packet);
	if (!connection)
		return NULL;
	direction = word_direction(connection->word, packet->second);
	way = &connection->way[direction & 1];
	if (!way_is_current(way, packet->hook, skb->ifindex) || way->kind == NEXTHOP_UNRESOLVED ||
	    forward_obstacle(skb, packet, way) ||
	    word_reopens(connection->word, packet->tuple.protocol, packet->signal, direction))
		return NULL;
	return connection;
}

/* Takes what is not plain data into its connection. Returns an outcome. */
__noinline int fastpath_signal(const struct packet *packet, struct connection *connection)
{
	const struct conn_settings *settings = conn_settings_get();

	if (!packet || !connection || !settings)
		return OUTCOME_TABLE_FULL;
	return connection_follow(connection, &packet->key,
				 word_direction(connection->word, packet->second), settings,
				 packet->signal, packet->bytes, conn_now(settings));
}

/* Takes plain data into its connection. */
static __always_inline void fastpath_data(const struct packet *packet,
					  struct connection *connection, enum direction direction)
{
	const struct conn_settings *settings = conn_settings_get();
	struct connection_way *way = &connection->way[direction & 1];

	if (packet->hot) {
		/* A CPU shares its copies with nobody. */
		way->packets += 1;
		way->bytes += packet->bytes;
		return;
	}
	if (!settings)
		return;
	connection_count(connection, direction, packet->bytes);
	connection_advance(connection, &packet->key, direction, settings, SIGNAL_DATA,
			   conn_now(settings));
	if (hot_is_due(way, bpf_jiffies64()))
		hot_copy(packet, connection, bpf_jiffies64());
}

/* Takes a packet into its connection. Returns 0, or the reason to drop it. */
static __always_inline int fastpath_take(const struct packet *packet, struct connection *connection,
					 enum direction direction)
{
	if (packet->signal == SIGNAL_DATA) {
		fastpath_data(packet, connection, direction);
		return 0;
	}
	return fastpath_signal(packet, connection) == OUTCOME_TRACKED ? 0 : REASON_WRONG_DIRECTION;
}

#endif
