/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_HOT_FLOWS_H
#define HEDDLE_MAPS_HOT_FLOWS_H

#include "flows.h"

/* 2 to the power of this is the number of flows that a CPU has copies of. */
#define HOT_FLOW_BITS 10

/* An entry of `flows` is copied when a jiffy has brought it that many packets. */
#define HOT_FLOW_PACKETS 8

/** A CPU's own copy of an entry of `flows`, which spares it the lookup. */
struct hot_flow {
	struct flow_key key;
	/** The jiffy for which the copy is believed. */
	__u64 jiffy;
	/** Its counters are of what took the copy and is not in the entry's own counters yet. */
	struct flow flow;
	/** 1 while the copy is being made. */
	__u32 busy;
	__u32 reserved;
};

/** Flows of which a CPU sees many packets a jiffy, at an index that is a hash of their key. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1 << HOT_FLOW_BITS);
	__type(key, __u32);
	__type(value, struct hot_flow);
} hot_flows SEC(".maps") OWNER("datapath");

/* Fibonacci hashing: the upper bits of a product with 2^64 divided by the golden ratio. */
static __always_inline struct hot_flow *hot_flow_slot(const struct flow_key *key)
{
	const __u64 *word = (const void *)key;
	__u64 sum = (word[0] ^ word[2]) + (word[1] ^ (word[3] << 1)) + word[4];
	__u32 index = sum * 0x9e3779b97f4a7c15ULL >> (64 - HOT_FLOW_BITS);

	return bpf_map_lookup_elem(&hot_flows, &index);
}

static __always_inline bool hot_flow_is(const struct hot_flow *hot, const struct flow_key *key)
{
	const __u64 *a = (const void *)&hot->key, *b = (const void *)key;

	return !((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]) | (a[4] ^ b[4]));
}

/* Adds what took the copy to the counters of the entry, if that is still there. */
static __always_inline void hot_flow_settle(struct hot_flow *hot)
{
	struct flow *flow;

	if (!hot->flow.packets)
		return;
	flow = bpf_map_lookup_elem(&flows, &hot->key);
	if (flow)
		flow_count(flow, hot->flow.packets, hot->flow.bytes);
	hot->flow.packets = 0;
}

/*
 * Copies an entry that this jiffy brought many packets. The table may give the entry to another flow
 * while it is copied; it was not when it is still found afterwards.
 */
static __always_inline void hot_flow_heat(struct hot_flow *hot, const struct flow_key *key,
					  struct flow *flow, __u64 now)
{
	if (flow->jiffy != (__u32)now) {
		flow->jiffy = now;
		flow->jiffy_packets = 0;
	}
	flow->jiffy_packets += 1;
	if (flow->jiffy_packets != HOT_FLOW_PACKETS)
		return;
	/* One packet may interrupt another on kernels with PREEMPT_RT. */
	if (__sync_val_compare_and_swap(&hot->busy, 0, 1))
		return;
	hot_flow_settle(hot);
	hot->jiffy = 0;
	barrier();
	hot->key = *key;
	hot->flow = *flow;
	hot->flow.packets = 0;
	hot->flow.bytes = 0;
	barrier();
	if (bpf_map_lookup_elem(&flows, key) == flow)
		hot->jiffy = now;
	hot->busy = 0;
}

#endif
