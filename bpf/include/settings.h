/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_SETTINGS_H
#define HEDDLE_SETTINGS_H

#include "address.h"

/* Load-time constants. Each has the default that stands here. */

/** The address that pods have as their IPv4 gateway; link-local, the same on every node. */
const volatile struct ip_addr gateway_ipv4 = {{0, 0, bpf_htonl(0x0000ffff), bpf_htonl(0xa9fe0101)}};

/** The address that pods have as their IPv6 gateway; link-local, the same on every node. */
const volatile struct ip_addr gateway_ipv6 = {{bpf_htonl(0xfe800000), 0, 0, bpf_htonl(1)}};

/* Whether it is one of the gateway's addresses. */
static __always_inline bool gateway_has(const struct ip_addr *address)
{
	const volatile struct ip_addr *own = ip_addr_is_ipv4(address) ? &gateway_ipv4
								      : &gateway_ipv6;

	return address->word[0] == own->word[0] && address->word[1] == own->word[1] &&
	       address->word[2] == own->word[2] && address->word[3] == own->word[3];
}

/** The MAC address of the node's end of every pod's device pair. */
const volatile struct mac_addr gateway_mac = {{0x02, 0x68, 0x65, 0x64, 0x64, 0x6c}};

/**
 * How long a connection's way is believed before the slow path decides it anew, in jiffies (10 000 are 10 s
 * to 100 s, depending on the kernel's CONFIG_HZ). Epochs invalidate ways at once; this bounds
 * how long a route that changed while no agent ran goes unnoticed.
 */
const volatile __u64 way_lifetime = 10000;

/**
 * How long packets are sent to a neighbour that is not resolved, in jiffies (1000 are 1 s to 10 s,
 * depending on the kernel's CONFIG_HZ): each makes the kernel ask for it. After that they are left to
 * the kernel, whose answer is ICMP unreachable.
 */
const volatile __u64 resolve_patience = 1000;

/** Events of one class that a CPU may emit per jiffy; the rest is counted as lost. */
const volatile __u32 event_limit = 64;

#endif
