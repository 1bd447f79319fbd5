/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_TUPLE_H
#define HEDDLE_TUPLE_H

#include "address.h"

/** What the packets of one direction of a connection have in common. */
struct __attribute__((aligned(8))) tuple {
	struct ip_addr source;
	struct ip_addr destination;
	/** Of TCP, UDP and SCTP; the identifier of an ICMP echo request; else 0. */
	__be16 source_port;
	/** Of TCP, UDP and SCTP; the identifier of an ICMP echo reply; else 0. */
	__be16 destination_port;
	/** IP protocol number. */
	__u8 protocol;
	__u8 reserved[3];
};

/* Turns it into that of the packets in the other direction. */
static __always_inline void tuple_reverse(struct tuple *tuple)
{
	struct ip_addr address = tuple->source;
	__be16 port = tuple->source_port;

	tuple->source = tuple->destination;
	tuple->source_port = tuple->destination_port;
	tuple->destination = address;
	tuple->destination_port = port;
}

#endif
