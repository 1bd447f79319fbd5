/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_TUNNEL_H
#define HEDDLE_TUNNEL_H

#include <linux/bpf.h>
#include "../maps/tunnels.h"
#include "encapsulate.h"
#include "settings.h"

/* This node's address towards the other end of a tunnel. NULL when it has none of that family. */
static __always_inline const struct ip_addr *tunnel_source(const struct tunnel_self *self,
							   const struct ip_addr *peer)
{
	const struct ip_addr *address = ip_addr_is_ipv4(peer) ? &self->ipv4 : &self->ipv6;

	return ip_addr_is_unspecified(address) ? NULL : address;
}

/* Puts the frame into the tunnel of a slot. Returns 0 or the reason to drop. */
__noinline int tunnel_enter(struct __sk_buff *skb, __u32 slot, __u32 identity, __u32 hash)
{
	const struct tunnel_self *self = tunnel_self_get();
	const struct tunnel_path *tunnel = tunnel_at(slot);
	struct encapsulation to;

	if (!self || !tunnel)
		return REASON_NO_TUNNEL;
	to.source = tunnel_source(self, &tunnel->peer);
	to.destination = &tunnel->peer;
	to.identity = identity ? identity : IDENTITY_UNKNOWN;
	to.hash = hash;
	return to.source ? encapsulate(skb, &to) : REASON_NO_TUNNEL;
}

#endif
