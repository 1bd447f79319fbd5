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

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words of tuples are put together so");

/*
 * Both write whole words of 64 bits, which is how tuples are read soon after: a load from what several stores wrote has
 * to wait for all of them.
 */
static __always_inline void tuple_set_ipv4(struct tuple *tuple, __be32 source, __be32 destination)
{
	__u64 *word = (void *)tuple;

	word[0] = 0;
	word[1] = (__u64)source << 32 | IPV4_MAPPED;
	word[2] = 0;
	word[3] = (__u64)destination << 32 | IPV4_MAPPED;
}

static __always_inline void tuple_set_ports(struct tuple *tuple, __be16 source, __be16 destination)
{
	__u64 *word = (void *)tuple;

	word[4] = (__u64)tuple->protocol << 32 | (__u32)destination << 16 | source;
}

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
