/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_FASTPATH_H
#define HEDDLE_FASTPATH_H

#include "../maps/hot_connections.h"
#include "conntrack.h"
#include "forward.h"
#include "packet.h"
#include "translate.h"
#include "way.h"

/*
 * What an entry that has to do with translation is to a packet that was found under its key: the connection itself, that of
 * an alias, or none that it is of. The key is the connection's then. A function of its own for its stack.
 */
static __noinline struct connection *fastpath_translated(struct packet *packet,
							 struct connection_key *key,
							 struct connection *connection, bool second)
{
	struct found found = {.key = key};

	if (!word_is_of_others(connection->word, second))
		packet->direction = word_direction(connection->word, second);
	else if ((connection->word & WORD_BIT(WORD_ALIAS)) &&
		 word_direction(connection->word, second) == DIRECTION_ORIGINAL) {
		connection = connection_of_alias(&found, &packet->tuple, connection);
		packet->direction = DIRECTION_REPLY;
	} else {
		return NULL;
	}
	return connection && word_state(connection->word) != CONNECTION_LEAVING ? connection : NULL;
}

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
	if (connection->word & (WORD_BIT(WORD_TRANSLATED) | WORD_BIT(WORD_ALIAS))) {
		connection = fastpath_translated(packet, key, connection, second);
		if (!connection)
			return NULL;
	} else {
		packet->direction = word_direction(connection->word, second);
	}
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
__noinline int fastpath_signal(const struct packet *packet, const struct connection_key *key,
			       struct connection *connection)
{
	const struct conn_settings *settings = conn_settings_get();

	if (!packet || !key || !connection || !settings)
		return OUTCOME_TABLE_FULL;
	return connection_follow(connection, key, packet->direction, settings, packet->signal,
				 packet->bytes, conn_now(settings));
}

/* Copies the entry for the packets to come. A function of its own, since a jiffy calls it once for many packets. */
__noinline int fastpath_heat(const struct packet *packet, const struct connection_key *key,
			     struct connection *connection)
{
	if (packet && key && connection)
		hot_copy(&packet->tuple, key, packet->direction, connection);
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
		fastpath_heat(packet, key, connection);
}

/* Gives a packet what its translated connection says. Returns 0, or an error of the buffer. */
__noinline int fastpath_translate(struct __sk_buff *skb, const struct packet *packet,
				  const struct connection_key *key,
				  const struct connection *connection)
{
	struct translation to = {.end = TRANSLATED_SOURCE};
	__u32 from;

	if (!packet || !key || !connection)
		return -EINVAL;
	from = !!(connection->word & WORD_BIT(WORD_FROM_SECOND));
	to.address = connection->translated;
	to.port = word_port(connection->word);
	if (packet->direction == DIRECTION_REPLY) {
		to.end = TRANSLATED_DESTINATION;
		if (!packet->hot) {
			to.address = from ? key->address[1] : key->address[0];
			to.port = from ? key->port[1] : key->port[0];
		}
	}
	return translate_packet(skb, packet, &to);
}

/*
 * Translates a packet of a connection that is translated, as far as this is the place: what a pod's packet is given that goes on by
 * the stack is for the egress to say, since the stack would not take it from a pod. Returns 0, or the reason to drop it.
 */
static __always_inline int fastpath_give(struct __sk_buff *skb, const struct packet *packet,
					 struct connection_key *key,
					 const struct connection *connection)
{
	if (!(connection->word & WORD_BIT(WORD_TRANSLATED)))
		return 0;
	if (packet->direction == DIRECTION_ORIGINAL &&
	    connection->way[DIRECTION_ORIGINAL].kind == NEXTHOP_STACK)
		return 0;
	/* Of a copy nobody looks at the key, but it is looked at by the verifier of Linux 6.1. */
	if (packet->hot)
		__builtin_memset(key, 0, sizeof(*key));
	return fastpath_translate(skb, packet, key, connection) ? REASON_REWRITE_FAILED : 0;
}

/* Takes a packet into its connection, and translates it. Returns 0, or the reason to drop it. */
static __always_inline int fastpath_take(struct __sk_buff *skb, const struct packet *packet,
					 struct connection_key *key, struct connection *connection)
{
	struct connection_way *way = &connection->way[packet->direction & 1];

	if (packet->hot) {
		/* A CPU shares its copies with nobody. */
		way->packets += 1;
		way->bytes += packet->bytes;
	} else if (packet->signal == SIGNAL_DATA) {
		fastpath_data(packet, key, connection);
	} else if (fastpath_signal(packet, key, connection) != OUTCOME_TRACKED) {
		return REASON_WRONG_DIRECTION;
	}
	return fastpath_give(skb, packet, key, connection);
}

#endif
