/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_LINK_CONTROL_H
#define HEDDLE_LINK_CONTROL_H

#include "ndp.h"
#include "packet.h"

/* The ICMPv6 type of a packet that stays on the link, or 0 for any other packet. */
static __always_inline __u8 link_control_type(const struct __sk_buff *skb,
					      const struct packet *packet)
{
	const __u8 *type;

	if (packet->tuple.protocol != IPPROTO_ICMPV6 || packet->fragment ||
	    skb->protocol != bpf_htons(ETH_P_IPV6))
		return 0;
	type = packet_peek(skb, packet->transport_offset, sizeof(*type));
	return type && ndp_is_link_control(*type) ? *type : 0;
}

#endif
