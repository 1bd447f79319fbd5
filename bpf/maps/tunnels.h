/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_TUNNELS_H
#define HEDDLE_MAPS_TUNNELS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/address.h"
#include "../include/export.h"

/** This node as an end of tunnels. */
struct tunnel_self {
	/** Its address on an IPv4 network between the nodes; 0.0.0.0 where there is none. */
	struct ip_addr ipv4;
	/** Its address on an IPv6 network between the nodes; :: where there is none. */
	struct ip_addr ipv6;
	/** The device by which the node's own stack reaches tunnels; 0 where it does not. */
	__u32 ifindex;
};

/** This node, at index 0. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tunnel_self);
} tunnel_self SEC(".maps") OWNER("encap-geneve");

/** A tunnel to another node. */
struct tunnel_path {
	/** The address of the other node that packets go to. */
	struct ip_addr peer;
	/**
	 * The largest inner IP packet that the way there takes, in bytes; 0 where the device's MTU decides. The
	 * programs write it too, when a router tells.
	 */
	__u32 mtu;
	__u32 reserved;
	/** Until when `mtu` is believed, in nanoseconds of CLOCK_MONOTONIC; 0 for always. */
	__u64 expires;
};

/** Tunnels by their slots, from 1 on. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct tunnel_path);
} tunnels SEC(".maps") OWNER("encap-geneve");

/** The slots of the nodes' tunnels, by each address that a node has on the network between them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct ip_addr);
	__type(value, __u32);
} tunnel_nodes SEC(".maps") OWNER("encap-geneve");

/** A prefix of addresses; IPv4 as IPv4-mapped addresses, whose first 96 bits count. */
struct tunnel_prefix {
	/** In bits, 0 to 128. */
	__u32 length;
	struct ip_addr address;
};

/** The slots of tunnels, by the prefixes of the pods that are at the other end. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct tunnel_prefix);
	__type(value, __u32);
} tunnel_peers SEC(".maps") OWNER("encap-geneve");

static __always_inline struct tunnel_self *tunnel_self_get(void)
{
	__u32 index = 0;

	return bpf_map_lookup_elem(&tunnel_self, &index);
}

static __always_inline struct tunnel_path *tunnel_at(__u32 slot)
{
	return bpf_map_lookup_elem(&tunnels, &slot);
}

/* The slot of the node with that address, or 0. */
static __always_inline __u32 tunnel_of_node(const struct ip_addr *address)
{
	/* Linux 6.1 takes no key from what a global function was given. */
	struct ip_addr key = *address;
	__u32 *slot = bpf_map_lookup_elem(&tunnel_nodes, &key);

	return slot ? *slot : 0;
}

/* The slot of the node that has the address, or the pod with it, or 0. */
static __always_inline __u32 tunnel_to(const struct ip_addr *address)
{
	struct tunnel_prefix key = {.length = 128, .address = *address};
	__u32 slot = tunnel_of_node(address);
	__u32 *found;

	if (slot)
		return slot;
	found = bpf_map_lookup_elem(&tunnel_peers, &key);
	return found ? *found : 0;
}

#endif
