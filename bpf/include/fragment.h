/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_FRAGMENT_H
#define HEDDLE_FRAGMENT_H

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include "checksum.h"
#include "ipv4.h"
#include "packet.h"
#include "path_mtu.h"
#include "settings.h"

/*
 * Fragmentation of IPv4 packets (RFC 791 section 3.2) on a device of our own. A program makes as many copies of a
 * packet as there will be fragments, and sends each to itself with a note of which one it is to become, in place of
 * the source MAC address, which is nobody's there.
 */

/* As many as the largest packet has on the narrowest way that is believed. */
#define FRAGMENT_COUNT 128

/* Offsets count units of that many bytes. */
#define FRAGMENT_UNIT 8

/* Bytes that a program may take out of a packet at once, of the kernel's 4095. */
#define FRAGMENT_STEP 4088

/* Bytes that are taken out and put back to make the kernel forget an unfinished checksum. */
#define FRAGMENT_FORGET 64

/* In place of a source MAC address; locally administered, and another one than the device's. */
struct fragment_note {
	__u8 mark[2];
	/* Data of all fragments but the last, in units. */
	__u16 units;
	__u16 index;
};

#define FRAGMENT_MARK_0 0x06
#define FRAGMENT_MARK_1 0x66

static __always_inline struct fragment_note *fragment_note(struct ethhdr *ethernet)
{
	return (void *)ethernet->h_source;
}

/* Whether the frame is a copy that is to become a fragment. */
static __always_inline bool fragment_is_noted(struct __sk_buff *skb)
{
	struct ethhdr *ethernet = packet_peek(skb, 0, sizeof(*ethernet));

	return ethernet && fragment_note(ethernet)->mark[0] == FRAGMENT_MARK_0 &&
	       fragment_note(ethernet)->mark[1] == FRAGMENT_MARK_1;
}

/* Whether routers may fragment it. Who has options is told instead, since few of them belong into each fragment. */
static __always_inline bool fragment_is_allowed(struct __sk_buff *skb)
{
	const struct iphdr *ip = packet_peek(skb, ETH_HLEN, sizeof(*ip));

	return skb->protocol == bpf_htons(ETH_P_IP) && !skb->gso_size && ip && ip->ihl == 5 &&
	       !(ip->frag_off & bpf_htons(IPV4_DONT_FRAGMENT));
}

/* Where the checksum is of which a device computes the greater part, or NULL when the protocol has none. */
static __always_inline __u16 *fragment_checksum(struct __sk_buff *skb, const struct packet *packet)
{
	__u32 field = packet->tuple.protocol == IPPROTO_UDP
			      ? __builtin_offsetof(struct udphdr, check)
			      : __builtin_offsetof(struct tcphdr, check);

	if (packet->tuple.protocol != IPPROTO_UDP && packet->tuple.protocol != IPPROTO_TCP)
		return NULL;
	return packet_peek(skb, packet->transport_offset + field, sizeof(__u16));
}

/*
 * Makes the kernel forget that a device has to complete the checksum: what it is to be summed up from is taken away,
 * for a moment (skb_postpull_rcsum of Linux 6.2, and of earlier ones that were maintained).
 */
static __always_inline int fragment_forget_checksum(struct __sk_buff *skb)
{
	__u32 offset = ETH_HLEN + sizeof(struct iphdr);
	__u8 bytes[FRAGMENT_FORGET];

	if (bpf_skb_load_bytes(skb, offset, bytes, sizeof(bytes)) ||
	    bpf_skb_adjust_room(skb, -FRAGMENT_FORGET, BPF_ADJ_ROOM_NET, 0) ||
	    bpf_skb_adjust_room(skb, FRAGMENT_FORGET, BPF_ADJ_ROOM_NET, 0) ||
	    bpf_skb_store_bytes(skb, offset, bytes, sizeof(bytes), 0))
		return REASON_REWRITE_FAILED;
	return 0;
}

/* Completes the transport's checksum, which covers all fragments, where that was left to a device. */
static __always_inline int fragment_complete_checksum(struct __sk_buff *skb,
						      const struct packet *packet)
{
	__u32 length = packet_end(packet) - packet->transport_offset;
	__u16 *check;
	__u64 pseudo;
	int sum;

	if (packet->fragment)
		return 0;
	check = fragment_checksum(skb, packet);
	if (!check)
		return 0;
	pseudo = checksum_pseudo_header(&packet->tuple.source, &packet->tuple.destination,
					packet->tuple.protocol, length);
	if (*check != checksum_fold(pseudo))
		return 0;
	/* The field has the sum of the pseudo header by now. */
	sum = checksum_bytes(skb, packet->transport_offset, length);
	check = fragment_checksum(skb, packet);
	if (sum < 0 || !check)
		return REASON_REWRITE_FAILED;
	*check = ~sum;
	/* 0 would mean that there is none (RFC 768). */
	if (!*check)
		*check = 0xffff;
	return fragment_forget_checksum(skb);
}

/* Notes on the packet which fragment it is to become. */
__noinline int fragment_write_note(struct __sk_buff *skb, __u32 units, __u32 index)
{
	struct ethhdr *ethernet = packet_need(skb, 0, sizeof(*ethernet));
	struct fragment_note *note;

	if (!ethernet)
		return REASON_REWRITE_FAILED;
	note = fragment_note(ethernet);
	note->mark[0] = FRAGMENT_MARK_0;
	note->mark[1] = FRAGMENT_MARK_1;
	note->units = units;
	note->index = index;
	return 0;
}

/*
 * Sends copies of the packet to this device, which are to become fragments of at most `mtu` bytes, all but the last:
 * the packet itself, which is to be sent after them. Returns 0 or the reason to drop.
 */
__noinline int fragment_spread(struct __sk_buff *skb, const struct packet *packet, __u32 mtu)
{
	__u32 units, count, payload;
	int problem;

	if (!packet || mtu < PATH_MTU_LEAST)
		return REASON_REWRITE_FAILED;
	units = (mtu - sizeof(struct iphdr)) / FRAGMENT_UNIT;
	payload = packet_end(packet) - packet->transport_offset;
	count = (payload + units * FRAGMENT_UNIT - 1) / (units * FRAGMENT_UNIT);
	problem = fragment_complete_checksum(skb, packet);
	for (__u32 i = 0; i < FRAGMENT_COUNT; i++) {
		if (!problem)
			problem = fragment_write_note(skb, units, i);
		if (problem || i + 1 >= count)
			return problem;
		if (bpf_clone_redirect(skb, skb->ifindex, BPF_F_INGRESS))
			return REASON_REWRITE_FAILED;
	}
	return REASON_REWRITE_FAILED;
}

/* Takes `length` bytes out of the packet, behind its IP header. */
static __always_inline int fragment_skip(struct __sk_buff *skb, __u32 length)
{
	for (int i = 0; i < 65536 / FRAGMENT_STEP + 1 && length; i++) {
		__u32 step = length < FRAGMENT_STEP ? length : FRAGMENT_STEP;

		if (bpf_skb_adjust_room(skb, -(__s32)step, BPF_ADJ_ROOM_NET, 0))
			return REASON_REWRITE_FAILED;
		length -= step;
	}
	return length ? REASON_REWRITE_FAILED : 0;
}

/* Makes of a copy the fragment that is noted on it. A fragment may be cut up once more. Returns 0 or the reason to drop. */
__noinline int fragment_take(struct __sk_buff *skb)
{
	struct ethhdr *ethernet = packet_need(skb, 0, ETH_HLEN + sizeof(struct iphdr));
	__u32 begin, end, payload, fragment;
	struct fragment_note note;
	struct iphdr *ip;
	__s64 sum;

	if (!ethernet)
		return REASON_TRUNCATED;
	note = *fragment_note(ethernet);
	mac_addr_copy(ethernet->h_source, &gateway_mac);
	ip = (void *)(ethernet + 1);
	payload = bpf_ntohs(ip->tot_len) - sizeof(*ip);
	fragment = bpf_ntohs(ip->frag_off);
	begin = (__u32)note.index * note.units * FRAGMENT_UNIT;
	end = begin + (__u32)note.units * FRAGMENT_UNIT;
	if (end < payload)
		fragment |= IPV4_MORE_FRAGMENTS;
	else
		end = payload;
	if (skb->protocol != bpf_htons(ETH_P_IP) || ip->ihl != 5 || payload > 0xffff ||
	    begin >= end)
		return REASON_BAD_HEADER;
	if (bpf_skb_change_tail(skb, ETH_HLEN + sizeof(*ip) + end, 0) || fragment_skip(skb, begin))
		return REASON_REWRITE_FAILED;
	ip = packet_need(skb, ETH_HLEN, sizeof(*ip));
	if (!ip)
		return REASON_REWRITE_FAILED;
	ip->tot_len = bpf_htons(sizeof(*ip) + end - begin);
	ip->frag_off = bpf_htons(fragment + begin / FRAGMENT_UNIT);
	ip->check = 0;
	sum = bpf_csum_diff(NULL, 0, (__be32 *)ip, sizeof(*ip), 0);
	ip->check = (__u16)~checksum_fold(sum & 0xffffffff);
	return 0;
}

#endif
