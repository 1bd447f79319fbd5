/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_CONNECTION_H
#define HEDDLE_CONNECTION_H

#include <linux/in.h>
#include "../maps/conn_settings.h"
#include "../maps/connections.h"
#include "bounded.h"
#include "signal.h"
#include "tuple.h"

/*
 * The state machine of a connection, as functions of its word. Nothing here touches a map.
 */

/* Which of the two sides sent a packet: an index of `way` in `struct connection`. */
enum direction {
	DIRECTION_ORIGINAL = 0,
	DIRECTION_REPLY = 1,
};

/* Where a connection stands when its place is needed. */
enum connection_rank {
	RANK_CLOSING,
	RANK_HALF_OPEN,
	/* Never evicted. */
	RANK_KEPT,
};

#define WORD_BIT(name) (1ULL << (name))

/* The end of a key's or a word's fields, and how many bits of the jiffies a word has. */
#define WORD_CREATED_MASK ((1ULL << 40) - 1)

static __always_inline enum connection_state word_state(__u64 word)
{
	return word & 3;
}

static __always_inline __u64 word_with_state(__u64 word, enum connection_state state)
{
	return (word & ~3ULL) | state;
}

static __always_inline __u64 word_created(__u64 word)
{
	return word >> WORD_CREATED;
}

static __always_inline __be16 word_port(__u64 word)
{
	return bpf_htons(word >> WORD_PORT);
}

static __always_inline __u64 word_with_port(__u64 word, __be16 port)
{
	return (word & ~(0xffffULL << WORD_PORT)) | ((__u64)bpf_ntohs(port) << WORD_PORT);
}

static __always_inline enum connection_rank word_rank(__u64 word)
{
	if ((word & WORD_BIT(WORD_ALIAS)) || word_state(word) == CONNECTION_LEAVING)
		return RANK_KEPT;
	if (word_state(word) == CONNECTION_CLOSING)
		return RANK_CLOSING;
	if (word_state(word) == CONNECTION_ESTABLISHED && (word & WORD_BIT(WORD_ANSWERED)))
		return RANK_KEPT;
	return RANK_HALF_OPEN;
}

/* Whether the protocol opens and closes its connections. */
static __always_inline bool connection_is_stream(__u8 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_SCTP;
}

/* Whether the first end stands behind the second: by the bytes of address and port. */
static __always_inline bool connection_swaps(const struct ip_addr *first, __be16 first_port,
					     const struct ip_addr *second, __be16 second_port)
{
	for (int i = 0; i < 4; i++) {
		__u32 a = bpf_ntohl(first->word[i]), b = bpf_ntohl(second->word[i]);

		if (a != b)
			return a > b;
	}
	return bpf_ntohs(first_port) > bpf_ntohs(second_port);
}

static __always_inline void connection_key_set(struct connection_key *key,
					       const struct ip_addr *first, __be16 first_port,
					       const struct ip_addr *second, __be16 second_port)
{
	key->address[0] = *first;
	key->address[1] = *second;
	key->port[0] = first_port;
	key->port[1] = second_port;
}

/* Makes the key that packets from one end to another have. Returns whether the sender is the second end. */
static __always_inline bool connection_key_between(struct connection_key *key,
						   const struct ip_addr *from, __be16 from_port,
						   const struct ip_addr *to, __be16 to_port,
						   __u8 protocol, enum scope scope)
{
	bool second = scope == SCOPE_CONNECTION && connection_swaps(from, from_port, to, to_port);

	if (second)
		connection_key_set(key, to, to_port, from, from_port);
	else
		connection_key_set(key, from, from_port, to, to_port);
	key->protocol = protocol;
	key->scope = scope;
	key->reserved[0] = 0;
	key->reserved[1] = 0;
	return second;
}

/* Makes the key that the packets of a tuple have. Returns whether the sender is the second end. */
static __always_inline bool connection_key_make(struct connection_key *key,
						const struct tuple *tuple, enum scope scope)
{
	return connection_key_between(key, &tuple->source, tuple->source_port, &tuple->destination,
				      tuple->destination_port, tuple->protocol, scope);
}

/* Which way a packet goes whose sender is that end of the key. */
static __always_inline enum direction word_direction(__u64 word, bool second)
{
	return second == !!(word & WORD_BIT(WORD_FROM_SECOND)) ? DIRECTION_ORIGINAL
							       : DIRECTION_REPLY;
}

/* Whether an entry is none of the packets whose sender is that end of its key. */
static __always_inline bool word_is_of_others(__u64 word, bool second)
{
	return (word & WORD_BIT(WORD_ALIAS)) || ((word & WORD_BIT(WORD_TRANSLATED)) &&
						 word_direction(word, second) == DIRECTION_REPLY);
}

/* Whether a packet that belongs to no connection may begin one. `data` may, for connections older than the table. */
static __always_inline bool signal_begins(enum signal signal)
{
	return signal == SIGNAL_OPEN || signal == SIGNAL_DATA;
}

static __always_inline __u64 word_finished(enum direction direction)
{
	return direction == DIRECTION_ORIGINAL ? WORD_BIT(WORD_FINISHED_ORIGINAL)
					       : WORD_BIT(WORD_FINISHED_REPLY);
}

/* Whether the packet begins a new connection where another one was: a SYN from a side that was done. */
static __always_inline bool word_reopens(__u64 word, __u8 protocol, enum signal signal,
					 enum direction direction)
{
	if (signal != SIGNAL_OPEN || !connection_is_stream(protocol))
		return false;
	return word_state(word) == CONNECTION_CLOSING || (word & word_finished(direction));
}

/* Whether only the other side may send this: an echo request against an echo, or the reply with it. */
static __always_inline bool signal_is_backwards(__u8 protocol, enum signal signal,
						enum direction direction)
{
	if (connection_is_stream(protocol))
		return false;
	return signal == (direction == DIRECTION_REPLY ? SIGNAL_OPEN : SIGNAL_ACCEPT);
}

/* The word of a new connection. */
static __always_inline __u64 word_begin(__u8 protocol, enum signal signal, bool second, __u64 now)
{
	bool stands = connection_is_stream(protocol) && signal == SIGNAL_DATA;
	__u64 word = (now & WORD_CREATED_MASK) << WORD_CREATED;

	if (second)
		word |= WORD_BIT(WORD_FROM_SECOND);
	return word_with_state(word, stands ? CONNECTION_ESTABLISHED : CONNECTION_OPENING);
}

static __always_inline enum connection_state word_stream_state(__u64 word, enum scope scope,
							       enum signal signal)
{
	bool original = word & WORD_BIT(WORD_FINISHED_ORIGINAL);
	bool reply = word & WORD_BIT(WORD_FINISHED_REPLY);

	/* Of a service only the client's side is seen. */
	if (signal == SIGNAL_ABORT || (original && (reply || scope == SCOPE_SERVICE)))
		return CONNECTION_CLOSING;
	if (signal == SIGNAL_DATA || signal == SIGNAL_FINISH)
		return CONNECTION_ESTABLISHED;
	return word_state(word);
}

/* The word after a packet. A function of its own, which is verified once, and whose result is any number to its callers. */
__noinline __u64 word_advance(__u64 word, __u8 protocol, enum scope scope, enum signal signal,
			      enum direction direction)
{
	bool stream = connection_is_stream(protocol);

	if (signal == SIGNAL_NONE || word_state(word) >= CONNECTION_CLOSING)
		return word;
	/* That a handshake with a service goes on says that it was answered. */
	if (direction == DIRECTION_REPLY ||
	    (scope == SCOPE_SERVICE && stream && signal == SIGNAL_DATA &&
	     word_state(word) == CONNECTION_OPENING))
		word |= WORD_BIT(WORD_ANSWERED);
	if (signal == SIGNAL_FINISH)
		word |= word_finished(direction);
	if (stream)
		return word_with_state(word, word_stream_state(word, scope, signal));
	if (word & WORD_BIT(WORD_ANSWERED))
		return word_with_state(word, CONNECTION_ESTABLISHED);
	return word;
}

/* How long the connection lives after a packet, in jiffies. */
static __always_inline __u64 connection_lifetime(const struct conn_settings *settings, __u64 word,
						 __u8 protocol, enum scope scope)
{
	__u32 index = connection_is_stream(protocol) ? word_state(word) : LIFETIME_OTHER;

	if (scope == SCOPE_SERVICE)
		index += LIFETIME_COUNT;
	return settings->lifetime[bounded(index, 7)];
}

#endif
