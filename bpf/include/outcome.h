/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_OUTCOME_H
#define HEDDLE_OUTCOME_H

#include <linux/types.h>
#include "export.h"

/**
 * What a packet is to connection tracking. The number's range says what kind of outcome it is: 1 to 7 tracked,
 * 8 to 15 stray, 16 to 31 invalid, 32 to 39 untracked, 40 to 47 refused.
 */
enum outcome : __u8 {
	/** Of a connection that was there. */
	OUTCOME_TRACKED = 1,
	/** It began a connection. */
	OUTCOME_CREATED = 2,
	/** An ICMP error about a connection. */
	OUTCOME_RELATED = 3,

	/** An answer, an end or a reset of nothing that is known. */
	OUTCOME_NO_CONNECTION = 8,
	/** An ICMP error about nothing that is known. */
	OUTCOME_QUOTES_UNKNOWN = 9,
	/** A later fragment whose first one has not been seen, or was long ago. */
	OUTCOME_UNKNOWN_FRAGMENT = 10,

	/** The headers contradict themselves or the length. */
	OUTCOME_MALFORMED = 16,
	/** The packet ends before what says which connection it is of. */
	OUTCOME_TRUNCATED = 17,
	/** TCP flags or SCTP chunks that nobody sends together. */
	OUTCOME_IMPOSSIBLE_SIGNAL = 18,
	/** An ICMP error that quotes another one. */
	OUTCOME_QUOTES_ERROR = 19,
	/** An ICMP error that did not go to the sender of what it quotes. */
	OUTCOME_QUOTES_STRANGER = 20,
	/** A fragment over one that was there, or that changes it (RFC 5722). */
	OUTCOME_OVERLAPPING_FRAGMENT = 21,
	/** An echo request where only its reply can come from, or the reply where only the request can. */
	OUTCOME_WRONG_DIRECTION = 22,
	/** More IPv6 extension headers than are looked through. */
	OUTCOME_HEADER_CHAIN = 23,

	/** Neither IPv4 nor IPv6. */
	OUTCOME_NOT_IP = 32,
	/** ICMP that is neither echo nor error, such as neighbour discovery. */
	OUTCOME_NOT_OF_CONNECTION = 33,

	/** All entries are of connections that stand. */
	OUTCOME_TABLE_FULL = 40,
	/** The answers would be those of another connection. */
	OUTCOME_TUPLE_IN_USE = 41,
	/** No port was found to leave with. */
	OUTCOME_PORTS_EXHAUSTED = 42,
};
EXPORT(enum outcome, "conntrack");

/** Why a connection left the table. */
enum removal : __u8 {
	/** Its time was over. */
	REMOVAL_EXPIRED = 0,
	/** It was closing, and its place was needed. */
	REMOVAL_EVICTED_CLOSING = 1,
	/** Only one side had been seen, or it was only asked for, and its place was needed. */
	REMOVAL_EVICTED_HALF_OPEN = 2,
	/** Somebody asked for it. */
	REMOVAL_FLUSHED = 3,
	/** A new connection began where it had ended. */
	REMOVAL_REPLACED = 4,
};
EXPORT(enum removal, "conntrack");

#endif
