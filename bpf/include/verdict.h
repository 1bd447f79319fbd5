/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_VERDICT_H
#define HEDDLE_VERDICT_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include "../maps/counters.h"
#include "../maps/events.h"

/*
 * What a program returns. A packet that is left to the kernel is passed on to the next program of
 * the hook first (`TCX_NEXT`), so that others may attach beside us; clsact reads the same number as
 * TC_ACT_UNSPEC and does the same.
 */
enum verdict {
	VERDICT_NEXT = -1,
	VERDICT_DROP = TC_ACT_SHOT,
};

/*
 * Drops the packet and tells why. Link control that every host sends is counted, not told. A function
 * of its own, since many places drop and none of them is in a hurry.
 */
__noinline int verdict_drop(struct __sk_buff *skb, enum hook hook, enum reason reason)
{
	counter_add(hook, reason, skb->len - ETH_HLEN);
	if (reason != REASON_LINK_CONTROL)
		event_emit(skb, EVENT_DROP, hook, reason, 0);
	return VERDICT_DROP;
}

/* Leaves the packet to the kernel. */
static __always_inline int verdict_next(struct __sk_buff *skb, enum hook hook, enum reason reason)
{
	counter_add(hook, reason, skb->len - ETH_HLEN);
	return VERDICT_NEXT;
}

#endif
