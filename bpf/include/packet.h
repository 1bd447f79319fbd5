/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_PACKET_H
#define HEDDLE_PACKET_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <bpf/bpf_helpers.h>
#include "../maps/flows.h"
#include "bytes.h"
#include "reason.h"

/* A packet as the programs look at it; filled by the parsers of its layers. */
struct packet {
	struct flow_key key;
	/* Bytes from the beginning of the frame to the end of the IP packet; padding may follow. */
	__u32 end;
	/* Bytes from the beginning of the frame to the transport header. */
	__u16 transport_offset;
	/* Bytes of the transport header of each segment. */
	__u8 transport_header;
	/* TTL or hop limit. */
	__u8 ttl;
	/* 1 when a router has to look at options. */
	__u8 options;
	/* 1 when the flow was found among this CPU's own. */
	__u8 hot;
	__u8 reserved[6];
};

/* The `size` bytes at the transport header, or NULL when the IP packet ends before. */
static __always_inline void *packet_need_transport(struct __sk_buff *skb,
						   const struct packet *packet, __u32 size)
{
	void *bytes = packet_need(skb, packet->transport_offset, size);

	/* Afterwards, or the compiler derives the pointer from the sum, whose bounds the verifier does not follow. */
	return packet->transport_offset + size > packet->end ? NULL : bytes;
}

/*
 * Whether nobody could put the fragment together with others: it ends beyond the largest datagram, or in the middle of the
 * 8 bytes that offsets count (RFC 791 section 3.2, RFC 8200 section 4.5). `offset` in bytes.
 */
static __always_inline bool packet_fragment_is_bad(const struct packet *packet, __u32 offset,
						   bool more)
{
	__u32 length = packet->end - packet->transport_offset;

	return (more && length % 8) || offset + length > 0xffff;
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
