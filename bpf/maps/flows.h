/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_FLOWS_H
#define HEDDLE_MAPS_FLOWS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/address.h"
#include "../include/export.h"
#include "../include/hook.h"
#include "../include/nexthop.h"
#include "../include/settings.h"
#include "epochs.h"

/** What packets of one flow have in common, at one hook. */
struct __attribute__((aligned(8))) flow_key {
	struct ip_addr source;
	struct ip_addr destination;
	/** Source port; the identifier of an ICMP echo; 0 where the protocol has none. */
	__be16 source_port;
	/** Destination port; the identifier of an ICMP echo; 0 where the protocol has none. */
	__be16 destination_port;
	/** IP protocol number. */
	__u8 protocol;
	enum hook hook;
	/** 1 for fragments, which are known by their addresses alone. */
	__u8 fragment;
	__u8 reserved;
};

/**
 * Everything that the slow path found out about a flow, for as long as its epochs stand. With its key and what the
 * kernel adds it fills three cache lines of 64 bytes.
 */
struct flow {
	/** The epoch of routes that the entry was made under. */
	__u32 route_epoch;
	/** Slot and epoch of the endpoint that sends, or slot 0. */
	__u32 source_slot;
	__u32 source_epoch;
	/** Slot and epoch of the endpoint that receives, or slot 0. */
	__u32 target_slot;
	__u32 target_epoch;
	/** The device that the packets come in by. */
	__u32 ingress_ifindex;
	struct nexthop nexthop;
	/** The source MAC address that was verified, when a pod sends. */
	struct mac_addr ingress_mac;
	__u8 reserved[2];
	/** Identity of the sender; 0 where nobody told. */
	__u32 identity;
	/** Packets and bytes (of IP packets, headers included) that took the entry. */
	__u64 packets;
	__u64 bytes;
	/** When the slow path made the entry, in jiffies. */
	__u64 made;
	/** The low half of the last jiffy in which a packet found the entry, and how many did in it, about. */
	__u32 jiffy;
	__u32 jiffy_packets;
};

/**
 * Decided flows: one lookup says everything about an established packet. Each CPU has an equal share of
 * the entries for the flows that begin on it, so that a new flow waits for no lock of another CPU.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(map_flags, BPF_F_NO_COMMON_LRU);
	__uint(max_entries, 65536);
	__type(key, struct flow_key);
	__type(value, struct flow);
} flows SEC(".maps") OWNER("datapath");

/* Whether nothing has changed that the entry was made from. Slot 0 is the route epoch itself. */
static __always_inline bool flow_is_current(const struct flow *flow)
{
	return flow->route_epoch == epoch_of(EPOCH_ROUTES) &&
	       flow->source_epoch == epoch_of(flow->source_slot) &&
	       flow->target_epoch == epoch_of(flow->target_slot) &&
	       bpf_jiffies64() - flow->made < flow_lifetime;
}

static __always_inline void flow_count(struct flow *flow, __u64 packets, __u64 bytes)
{
	__sync_fetch_and_add(&flow->packets, packets);
	__sync_fetch_and_add(&flow->bytes, bytes);
}

#endif
