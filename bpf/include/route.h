/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_ROUTE_H
#define HEDDLE_ROUTE_H

#include <linux/bpf.h>
#include <linux/in.h>
#include "../maps/devices.h"
#include "forward.h"
#include "nexthop.h"
#include "packet.h"

/* Any length but 0 makes the lookup tell the route's MTU; this one never exceeds it. */
#define ROUTE_ASK_MTU 1

static __always_inline void route_question(struct bpf_fib_lookup *fib, const struct __sk_buff *skb,
					   const struct tuple *tuple)
{
	fib->ifindex = skb->ifindex;
	fib->l4_protocol = tuple->protocol;
	/* For rules by port; the identifier of an echo is none. */
	if (tuple->protocol != IPPROTO_ICMP && tuple->protocol != IPPROTO_ICMPV6) {
		fib->sport = tuple->source_port;
		fib->dport = tuple->destination_port;
	}
	fib->tot_len = ROUTE_ASK_MTU;
	if (ip_addr_is_ipv4(&tuple->destination)) {
		fib->family = FAMILY_IPV4;
		fib->ipv4_src = tuple->source.word[3];
		fib->ipv4_dst = tuple->destination.word[3];
	} else {
		fib->family = FAMILY_IPV6;
		__builtin_memcpy(fib->ipv6_src, &tuple->source, sizeof(tuple->source));
		__builtin_memcpy(fib->ipv6_dst, &tuple->destination, sizeof(tuple->destination));
	}
}

/* The lookup puts the gateway where the destination was; its family may differ from the packet's. */
static __always_inline void route_answer(struct nexthop *nexthop, const struct bpf_fib_lookup *fib,
					 bool resolved)
{
	nexthop->kind = resolved ? NEXTHOP_NEIGHBOUR : NEXTHOP_UNRESOLVED;
	nexthop->ifindex = fib->ifindex;
	nexthop->mtu = fib->mtu_result;
	if (fib->family == FAMILY_IPV4)
		ip_addr_set_ipv4(&nexthop->gateway, fib->ipv4_dst);
	else
		__builtin_memcpy(&nexthop->gateway, fib->ipv6_dst, sizeof(nexthop->gateway));
}

static __always_inline long route_ask(struct bpf_fib_lookup *fib, struct __sk_buff *skb,
				      const struct tuple *tuple, __u32 flags)
{
	*fib = (struct bpf_fib_lookup){};
	route_question(fib, skb, tuple);
	return bpf_fib_lookup(skb, fib, sizeof(*fib), flags);
}

/*
 * Asks the kernel's routing table. What does not leave by one of our devices stays with the kernel.
 * Returns 0, or the reason why the packet cannot be forwarded. A function of its own, with 64 bytes of stack.
 */
__noinline int route_find(struct __sk_buff *skb, const struct tuple *tuple, struct nexthop *nexthop)
{
	struct bpf_fib_lookup fib;
	bool resolved;
	__u32 ifindex;
	long result;

	if (!tuple || !nexthop)
		return REASON_NO_ROUTE;
	result = route_ask(&fib, skb, tuple, 0);
	resolved = result != BPF_FIB_LKUP_RET_NO_NEIGH;
	/* Without a neighbour the kernel does not tell the MTU, unless none is asked for (Linux 6.3). */
	if (!resolved)
		result = route_ask(&fib, skb, tuple, BPF_FIB_LOOKUP_SKIP_NEIGH);
	switch (result) {
	case BPF_FIB_LKUP_RET_SUCCESS:
		break;
	case BPF_FIB_LKUP_RET_BLACKHOLE:
	case BPF_FIB_LKUP_RET_UNREACHABLE:
	case BPF_FIB_LKUP_RET_PROHIBIT:
		return REASON_NO_ROUTE;
	default:
		nexthop->kind = NEXTHOP_STACK;
		return 0;
	}
	ifindex = fib.ifindex;
	if (bpf_map_lookup_elem(&devices, &ifindex))
		route_answer(nexthop, &fib, resolved);
	else
		nexthop->kind = NEXTHOP_STACK;
	return 0;
}

#endif
