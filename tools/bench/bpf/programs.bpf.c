// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What BPF_PROG_TEST_RUN runs in place of a program that is measured: it puts the packet's beginning back
 * to what it was and goes on to the program by a tail call, so that a program which rewrites the packet
 * sees the same one every time. And programs to compare with.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/in.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define VERDICT_DROP 2

/* What `rewind` returns when it cannot go on; no program returns it. */
#define REWIND_WRONG_LENGTH 98
#define REWIND_NO_TARGET 99

/*
 * Bytes that are put back: Ethernet, IPv6 and a neighbour solicitation with its option. Any frame is at
 * least as long. Of longer ones, as much as the headers of a packet in a tunnel of IPv4, and its ports.
 */
#define REWIND_BYTES 86
#define REWIND_TUNNEL_BYTES 94

/* The bytes that the next run begins with; what is written behind them goes nowhere. */
__u8 header[128];
/* Length of the frame, which it gets back behind its Ethernet header. */
__u32 frame_length;
/* How often the programs ran. */
__u64 runs;
/*
 * Two fields of 16 bits that differ from run to run, by their offsets. The first takes all values of
 * its mask in an order that is not the one of memory; the second is one more after each 65536 runs.
 */
__u32 low_offset, low_base, low_mask, low_stride;
__u32 high_offset, high_base, high_mask;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} ingress_target SEC(".maps"), egress_target SEC(".maps");

static __always_inline void put(__u32 offset, __u32 value)
{
	*(__be16 *)&header[offset & (sizeof(header) - 2)] = bpf_htons(value);
}

/*
 * The stores fall on the boundaries of the headers' fields, since a load that takes from two stores has to
 * wait for both, which a program would be blamed for.
 */
static __always_inline int rewind(struct __sk_buff *skb)
{
	void *data, *end;

	if (skb->len != frame_length &&
	    bpf_skb_adjust_room(skb, (__s32)(frame_length - skb->len), BPF_ADJ_ROOM_MAC,
				BPF_F_ADJ_ROOM_FIXED_GSO))
		return REWIND_WRONG_LENGTH;
	data = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;
	if (data + REWIND_BYTES > end)
		return REWIND_WRONG_LENGTH;
	*(__u32 *)data = *(__u32 *)header;
	*(__u16 *)(data + 4) = *(__u16 *)(header + 4);
#pragma unroll
	for (int offset = 6; offset < REWIND_BYTES; offset += 8)
		*(__u64 *)(data + offset) = *(__u64 *)(header + offset);
	if (data + REWIND_TUNNEL_BYTES <= end)
		*(__u64 *)(data + REWIND_BYTES) = *(__u64 *)(header + REWIND_BYTES);
	runs += 1;
	/* For the next run, so that this one does not wait for what was just written. */
	put(low_offset, low_base + (runs * low_stride & low_mask));
	put(high_offset, high_base + (runs >> 16 & high_mask));
	return 0;
}

SEC("tcx/ingress")
int rewind_ingress(struct __sk_buff *skb)
{
	int problem = rewind(skb);

	if (problem)
		return problem;
	bpf_tail_call(skb, &ingress_target, 0);
	return REWIND_NO_TARGET;
}

/* The same for programs at the egress: a program array takes programs of one hook. */
SEC("tcx/egress")
int rewind_egress(struct __sk_buff *skb)
{
	int problem = rewind(skb);

	if (problem)
		return problem;
	bpf_tail_call(skb, &egress_target, 0);
	return REWIND_NO_TARGET;
}

SEC("tcx/ingress")
int empty_ingress(struct __sk_buff *skb __attribute__((unused)))
{
	return TCX_NEXT;
}

SEC("tcx/egress")
int empty_egress(struct __sk_buff *skb __attribute__((unused)))
{
	return TCX_NEXT;
}

/* Where the program to compare with sends packets. */
__u32 device;

/* The least that brings a packet to a pod, without looking at it. */
SEC("tcx/ingress")
int redirect(struct __sk_buff *skb __attribute__((unused)))
{
	return bpf_redirect_peer(device, 0);
}

/* What a tunnel of IPv4 with a frame in it adds. */
#define TUNNEL_BYTES 50

/* The kernel's part of a tunnel: room for its headers, and their removal. Whoever rewinds does the other one. */
SEC("tcx/ingress")
int grow(struct __sk_buff *skb)
{
	return bpf_skb_adjust_room(skb, TUNNEL_BYTES, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO)
		       ? VERDICT_DROP
		       : TCX_NEXT;
}

SEC("tcx/ingress")
int shrink(struct __sk_buff *skb)
{
	return bpf_skb_adjust_room(skb, -TUNNEL_BYTES, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO)
		       ? VERDICT_DROP
		       : TCX_NEXT;
}

/* As large as Heddle's own flow keys and entries. */
struct key {
	__u32 source[4];
	__u32 destination[4];
	__be16 ports[2];
	__u32 protocol;
};

struct entry {
	__u32 ifindex;
	__u8 addresses[2 * ETH_ALEN];
	__u8 reserved[80];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 131072);
	__type(key, struct key);
	__type(value, struct entry);
} hash_flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 131072);
	__type(key, struct key);
	__type(value, struct entry);
} lru_flows SEC(".maps");

/* A TCP segment by IPv4 without options; packed, as on the wire. */
struct segment {
	struct ethhdr ethernet;
	struct iphdr ip;
	__be16 ports[2];
} __attribute__((packed));

/* One lookup says all: the MAC addresses, and the device. */
static __always_inline int lookup_redirect(struct __sk_buff *skb, void *map)
{
	struct segment *segment = (void *)(long)skb->data;
	struct key key = {};
	struct entry *entry;

	if ((void *)(segment + 1) > (void *)(long)skb->data_end ||
	    skb->protocol != bpf_htons(ETH_P_IP) || segment->ip.protocol != IPPROTO_TCP)
		return VERDICT_DROP;
	key.source[2] = key.destination[2] = bpf_htonl(0xffff);
	key.source[3] = segment->ip.saddr;
	key.destination[3] = segment->ip.daddr;
	key.ports[0] = segment->ports[0];
	key.ports[1] = segment->ports[1];
	key.protocol = IPPROTO_TCP;
	entry = bpf_map_lookup_elem(map, &key);
	if (!entry)
		return VERDICT_DROP;
	__builtin_memcpy(&segment->ethernet, entry->addresses, sizeof(entry->addresses));
	return bpf_redirect_peer(entry->ifindex, 0);
}

SEC("tcx/ingress")
int hash_redirect(struct __sk_buff *skb)
{
	return lookup_redirect(skb, &hash_flows);
}

SEC("tcx/ingress")
int lru_redirect(struct __sk_buff *skb)
{
	return lookup_redirect(skb, &lru_flows);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
