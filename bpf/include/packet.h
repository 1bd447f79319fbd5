/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_PACKET_H
#define HEDDLE_PACKET_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include "../maps/flows.h"
#include "buffer.h"
#include "reason.h"

/* A packet as the programs look at it; filled by the parsers of its layers. */
struct packet {
	struct flow_key key;
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
	__u8 reserved[2];
};

/* Bytes of the IP packet; of the largest segment's, when the device will cut it up. */
static __always_inline __u32 packet_wire_length(const struct __sk_buff *skb,
						const struct packet *packet)
{
	if (!skb->gso_size)
		return skb->len - ETH_HLEN;
	return packet->transport_offset - ETH_HLEN + packet->transport_header + skb->gso_size;
}

#endif
