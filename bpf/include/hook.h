/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_HOOK_H
#define HEDDLE_HOOK_H

#include <linux/types.h>

/** Where in the path of a packet a program sits. */
enum hook : __u8 {
	/** Ingress of a pod's device: packets that the pod sent. */
	HOOK_FROM_POD = 0,
	/** Egress of a pod's device: packets that the node's stack sends to the pod. */
	HOOK_TO_POD = 1,
	/** Ingress of a node's device: packets from the network. */
	HOOK_FROM_NET = 2,
	/** Egress of a node's device: packets to the network. */
	HOOK_TO_NET = 3,
	/** Ingress of a node's device, after encapsulation was taken off: packets from another node's tunnel. */
	HOOK_FROM_TUNNEL = 4,
	/** Egress of the tunnel device: packets that the node's stack sends into tunnels. */
	HOOK_TO_TUNNEL = 5,
};

#endif
