/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_EVENTS_H
#define HEDDLE_MAPS_EVENTS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/export.h"
#include "../include/hook.h"
#include "../include/nexthop.h"
#include "../include/reason.h"
#include "../include/settings.h"

/* How many classes of events there are. */
#define EVENT_CLASSES 2

/* Bytes of a packet that travel with its event: Ethernet, IPv6 and a full TCP header fit. */
#define EVENT_CAPTURE 128

/** Events of one class share a ring buffer, so that a flood of one does not hide the other. */
enum event_class {
	/** A packet was dropped. */
	EVENT_DROP = 0,
	/** The slow path decided a flow. */
	EVENT_FLOW = 1,
};
EXPORT(enum event_class, "datapath");

/** What became of one packet, with the packet's beginning. */
struct packet_event {
	/** When, in nanoseconds of CLOCK_MONOTONIC. */
	__u64 time;
	/** The device whose program saw it. */
	__u32 ifindex;
	/** The device it goes on by; 0 when it does not. */
	__u32 nexthop_ifindex;
	/** Bytes of the whole packet, link-layer header included. */
	__u32 length;
	/** Bytes of `packet` that are filled. */
	__u16 captured;
	enum hook hook;
	enum reason reason;
	/** The packet from its Ethernet header on. */
	__u8 packet[EVENT_CAPTURE];
};

/** Dropped packets. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
	EVENT(struct packet_event);
} drop_events SEC(".maps") OWNER("datapath");

/** Flows that the slow path decided. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
	EVENT(struct packet_event);
} flow_events SEC(".maps") OWNER("datapath");

/** Which classes of events are wanted: 1 or 0 at each index of `enum event_class`. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, EVENT_CLASSES);
	__type(key, __u32);
	__type(value, __u32);
} event_switch SEC(".maps") OWNER("datapath");

/** What a CPU emitted of one class of events. */
struct event_budget {
	/** The jiffy that `used` counts. */
	__u64 jiffy;
	/** Events of this jiffy. */
	__u64 used;
	/** Events lost since the map was made: over the limit, or the ring buffer was full. */
	__u64 lost;
};

/** Pace of events by class. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EVENT_CLASSES);
	__type(key, __u32);
	__type(value, struct event_budget);
} event_budgets SEC(".maps") OWNER("datapath");

static __always_inline bool event_wanted(enum event_class class)
{
	__u32 index = class;
	__u32 *wanted = bpf_map_lookup_elem(&event_switch, &index);

	return wanted && *wanted;
}

/* Takes one event from this CPU's budget of the jiffy. */
static __always_inline bool event_afford(struct event_budget *budget)
{
	__u64 now = bpf_jiffies64();

	if (budget->jiffy != now) {
		budget->jiffy = now;
		budget->used = 0;
	}
	return budget->used++ < event_limit;
}

static __always_inline void event_fill(struct packet_event *event, struct __sk_buff *skb,
				       enum hook hook, enum reason reason, __u32 nexthop_ifindex)
{
	/* The last byte that is captured. One less than a length, since the verifier of Linux 6.1 takes the
	 * lower bound that a helper asks for from an addition but not from a comparison with 0. */
	__u64 last = (skb->len < EVENT_CAPTURE ? skb->len : EVENT_CAPTURE) - 1ULL;

	event->time = bpf_ktime_get_ns();
	event->ifindex = skb->ifindex;
	event->nexthop_ifindex = nexthop_ifindex;
	event->length = skb->len;
	event->hook = hook;
	event->reason = reason;
	event->captured = 0;
	barrier_var(last);
	if (last < EVENT_CAPTURE && !bpf_skb_load_bytes(skb, 0, event->packet, last + 1))
		event->captured = last + 1;
}

static __always_inline void event_emit(struct __sk_buff *skb, enum event_class class,
				       enum hook hook, enum reason reason, __u32 nexthop_ifindex)
{
	struct packet_event *event;
	struct event_budget *budget;
	__u32 index = class;

	if (!event_wanted(class))
		return;
	budget = bpf_map_lookup_elem(&event_budgets, &index);
	if (!budget)
		return;
	event = NULL;
	if (event_afford(budget))
		event = class == EVENT_DROP ? bpf_ringbuf_reserve(&drop_events, sizeof(*event), 0)
					    : bpf_ringbuf_reserve(&flow_events, sizeof(*event), 0);
	if (!event) {
		budget->lost += 1;
		return;
	}
	event_fill(event, skb, hook, reason, nexthop_ifindex);
	bpf_ringbuf_submit(event, 0);
}

#endif
