/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_NEXTHOP_H
#define HEDDLE_NEXTHOP_H

#include "address.h"

/** How a packet goes on. */
enum nexthop_kind : __u8 {
	/** Up the node's own stack. */
	NEXTHOP_STACK = 0,
	/** Into a pod of this node. */
	NEXTHOP_POD = 1,
	/** Out of a device of the node, to a neighbour that the kernel resolves. */
	NEXTHOP_NEIGHBOUR = 2,
	/** To such a neighbour, who was not resolved yet: every packet asks again. */
	NEXTHOP_UNRESOLVED = 3,
};

/* Where the packets of one direction go next, as the slow path finds out. */
struct nexthop {
	enum nexthop_kind kind;
	__u8 reserved[3];
	/* The device to leave by: the node's end of a pod's pair, or a device of the node. */
	__u32 ifindex;
	/* The neighbour on that device, when the kind is `NEXTHOP_NEIGHBOUR` or `NEXTHOP_UNRESOLVED`. */
	struct ip_addr gateway;
	/* Largest IP packet that may go this way, in bytes; 0 when the kernel decides. */
	__u32 mtu;
};

#endif
