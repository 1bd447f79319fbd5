/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_FRAGMENTS_H
#define HEDDLE_MAPS_FRAGMENTS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/address.h"
#include "../include/export.h"

/** What the fragments of a datagram have in common (RFC 791 section 3.2, RFC 8200 section 4.5). */
struct __attribute__((aligned(8))) fragment_key {
	struct ip_addr source;
	struct ip_addr destination;
	/** 16 bits in IPv4, 32 in IPv6. */
	__u32 identification;
	/** IP protocol number. */
	__u8 protocol;
	__u8 reserved[3];
};

/** What the first fragment of a datagram said. */
struct fragment {
	/** From then on, in jiffies, later fragments are of nothing that is known. */
	__u64 expires;
	/** The ports, as a tuple has them. */
	__be16 source_port;
	__be16 destination_port;
	/** Bytes of the first fragment; later ones begin after them. */
	__u16 length;
	/** 1 once fragments overlapped: nothing of the datagram is believed any more (RFC 5722). */
	__u8 overlapped;
	__u8 reserved;
};

/** Datagrams whose first fragment has been seen: as many as fit, the one that was asked for last goes last. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct fragment_key);
	__type(value, struct fragment);
} fragments SEC(".maps") OWNER("conntrack");

#endif
