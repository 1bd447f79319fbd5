/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_PACKET_H
#define HEDDLE_PACKET_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include "buffer.h"
#include "hook.h"
#include "reason.h"
#include "tuple.h"

/* A packet as the programs look at it; filled by the parsers of its layers. */
struct packet {
	/* Without ports while `unread`. */
	struct tuple tuple;
	/* Of the IP packet, headers included. */
	__u32 bytes;
	/* Bytes from the beginning of the frame to the transport header. */
	__u16 transport_offset;
	/* Bytes of the transport header of each segment. */
	__u8 transport_header;
	/* TTL or hop limit. */
	__u8 ttl;
	/* 1 when a router has to look at options. */
	__u8 options;
	/* 1 for a fragment. */
	__u8 fragment;
	enum hook hook;
	/* What it does to its connection, of `enum signal`. */
	__u8 signal;
	/* 1 when its addresses do not say which connection it is of: a fragment, or ICMP that is no echo. */
	__u8 unread;
	/* 1 when there is, or was just now, an entry of its connection. */
	__u8 known;
	/* 1 when its connection was found among this CPU's own copies. */
	__u8 hot;
	/* Which way of that connection it goes, of `enum direction`. */
	__u8 direction;
};

/* Where the IP packet ends, in bytes from the beginning of the frame. */
static __always_inline __u32 packet_end(const struct packet *packet)
{
	return ETH_HLEN + packet->bytes;
}

/* Bytes of the IP packet from the transport header on. */
static __always_inline __u32 packet_payload(const struct packet *packet)
{
	return packet_end(packet) - packet->transport_offset;
}

/* The first `size` bytes of the transport header, or NULL when the IP packet ends before. */
static __always_inline void *packet_transport(struct __sk_buff *skb, const struct packet *packet,
					      __u32 size)
{
	__u32 offset = packet->transport_offset;

	if (packet_payload(packet) < size)
		return NULL;
	/* The verifier has to see the number bounded that is added, not another made of the same 16 bits. */
	barrier_var(offset);
	return packet_need(skb, offset, size);
}

/* Bytes of the IP packet; of the largest segment's, when the device will cut it up. */
static __always_inline __u32 packet_wire_length(const struct __sk_buff *skb,
						const struct packet *packet)
{
	if (!skb->gso_size)
		return skb->len - ETH_HLEN;
	return packet->transport_offset - ETH_HLEN + packet->transport_header + skb->gso_size;
}

#endif
