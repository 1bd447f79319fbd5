/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_SIGNAL_H
#define HEDDLE_SIGNAL_H

#include <linux/types.h>
#include <stdbool.h>

/* What a packet does to its connection, whatever the protocol calls it. */
enum signal {
	/* Nothing but count: later fragments, ICMP errors. */
	SIGNAL_NONE,
	/* Asks for a connection: SYN, INIT, an echo request. */
	SIGNAL_OPEN,
	/* Agrees to one, and cannot begin one: SYN+ACK, INIT-ACK, COOKIE-ECHO, an echo reply. */
	SIGNAL_ACCEPT,
	/* Belongs to a connection that stands: any other packet. */
	SIGNAL_DATA,
	/* Ends one direction: FIN, SHUTDOWN, SHUTDOWN-ACK. */
	SIGNAL_FINISH,
	/* Ends both: RST, ABORT, SHUTDOWN-COMPLETE. */
	SIGNAL_ABORT,
	/* Nobody sends that. */
	SIGNAL_IMPOSSIBLE,
};

/* The byte of a TCP header that has the flags, and what they are (RFC 9293 section 3.1). */
#define TCP_FLAGS_OFFSET 13
#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/* Exactly one of SYN, FIN, RST and ACK alone, and ACK in all but the first segment and a reset (section 3.10.7). */
static __always_inline enum signal signal_of_tcp(__u8 flags)
{
	switch (flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK)) {
	case TCP_ACK:
		return SIGNAL_DATA;
	case TCP_SYN:
		return SIGNAL_OPEN;
	case TCP_SYN | TCP_ACK:
		return SIGNAL_ACCEPT;
	case TCP_FIN | TCP_ACK:
		return SIGNAL_FINISH;
	case TCP_RST:
	case TCP_RST | TCP_ACK:
		return SIGNAL_ABORT;
	default:
		return SIGNAL_IMPOSSIBLE;
	}
}

/* Types of SCTP chunks (RFC 9260 section 3.2), and bytes that some of them have at least. */
#define SCTP_DATA 0
#define SCTP_INIT 1
#define SCTP_INIT_ACK 2
#define SCTP_ABORT 6
#define SCTP_SHUTDOWN 7
#define SCTP_SHUTDOWN_ACK 8
#define SCTP_COOKIE_ECHO 10
#define SCTP_SHUTDOWN_COMPLETE 14
#define SCTP_DATA_LENGTH 16
#define SCTP_INIT_LENGTH 20

/* All chunks of a packet. */
struct sctp_chunks {
	__u32 count;
	/* The signals that they are, one bit each. */
	__u32 signals;
	bool init;
	bool stands_alone;
	bool too_short;
};

static __always_inline enum signal signal_of_chunk(__u8 type)
{
	switch (type) {
	case SCTP_INIT:
		return SIGNAL_OPEN;
	case SCTP_INIT_ACK:
	/* Who is asked has checked nothing yet (RFC 9260 section 5.1.5). */
	case SCTP_COOKIE_ECHO:
		return SIGNAL_ACCEPT;
	case SCTP_SHUTDOWN:
	case SCTP_SHUTDOWN_ACK:
		return SIGNAL_FINISH;
	case SCTP_SHUTDOWN_COMPLETE:
	case SCTP_ABORT:
		return SIGNAL_ABORT;
	default:
		return SIGNAL_DATA;
	}
}

static __always_inline void sctp_chunks_add(struct sctp_chunks *chunks, __u8 type, __u32 length)
{
	chunks->count += 1;
	chunks->signals |= 1 << signal_of_chunk(type);
	chunks->init |= type == SCTP_INIT;
	chunks->stands_alone |= type == SCTP_INIT || type == SCTP_INIT_ACK ||
				type == SCTP_SHUTDOWN_COMPLETE;
	chunks->too_short |= (type == SCTP_DATA && length < SCTP_DATA_LENGTH) ||
			     ((type == SCTP_INIT || type == SCTP_INIT_ACK) &&
			      length < SCTP_INIT_LENGTH);
}

/*
 * The signal of the chunk that does most to the association. Impossible are: no chunk at all; INIT, INIT-ACK or
 * SHUTDOWN-COMPLETE beside another one (RFC 9260 section 6.10); and a verification tag that is 0 without INIT or not
 * 0 with it (section 8.5.1).
 */
static __always_inline enum signal signal_of_sctp(const struct sctp_chunks *chunks, __be32 tag)
{
	if (!chunks->count || (chunks->count > 1 && chunks->stands_alone) || chunks->too_short ||
	    chunks->init != !tag)
		return SIGNAL_IMPOSSIBLE;
	if (chunks->signals & (1 << SIGNAL_ABORT))
		return SIGNAL_ABORT;
	if (chunks->signals & (1 << SIGNAL_FINISH))
		return SIGNAL_FINISH;
	if (chunks->signals & (1 << SIGNAL_OPEN))
		return SIGNAL_OPEN;
	if (chunks->signals & (1 << SIGNAL_ACCEPT))
		return SIGNAL_ACCEPT;
	return SIGNAL_DATA;
}

#endif
