/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_TOO_BIG_H
#define HEDDLE_TOO_BIG_H

#include <linux/bpf.h>
#include <linux/icmpv6.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include "checksum.h"
#include "packet.h"
#include "path_mtu.h"

/* The answer to a packet that is too large for its way: "fragmentation needed" or "packet too big". */

/* Bytes of the largest answer (RFC 1812 section 4.3.2.3, RFC 4443 section 3.2). */
#define TOO_BIG_IPV4 576
#define TOO_BIG_IPV6 1280

/* Bytes of an ICMP header, of either family. */
#define ICMP_HEADER 8

#define TOO_BIG_TTL 64

/* What is needed of both families' headers of ICMP; RFC 1191 has the MTU in the lower half alone. */
struct too_big_message {
	__u8 type;
	__u8 code;
	__u16 checksum;
	__be32 mtu;
};

/*
 * Whether the sender may be told (RFC 1122 section 3.2.2, RFC 4443 section 2.4): neither of an ICMP error, nor of
 * an IPv4 fragment that is not the first, nor when there is no sender.
 */
__noinline int too_big_may_answer(struct __sk_buff *skb, const struct packet *packet)
{
	const struct iphdr *ip;
	const __u8 *type;

	if (!packet || ip_addr_is_multicast(&packet->tuple.source) ||
	    ip_addr_is_unspecified(&packet->tuple.source))
		return 0;
	type = packet_need(skb, packet->transport_offset, 1);
	if (!type)
		return 0;
	if (packet->tuple.protocol == IPPROTO_ICMPV6 && *type < ICMPV6_ECHO_REQUEST)
		return 0;
	if (!ip_addr_is_ipv4(&packet->tuple.source))
		return 1;
	if (packet->tuple.protocol == IPPROTO_ICMP && *type != 0 && *type != 8)
		return 0;
	ip = packet_peek(skb, ETH_HLEN, sizeof(*ip));
	return ip && !(ip->frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET));
}

static __always_inline void too_big_fill_ipv4(struct iphdr *ip, const struct packet *packet,
					      __u32 length)
{
	__s64 sum;

	__builtin_memset(ip, 0, sizeof(*ip));
	ip->version = 4;
	ip->ihl = 5;
	ip->tot_len = bpf_htons(length);
	ip->ttl = TOO_BIG_TTL;
	ip->protocol = IPPROTO_ICMP;
	ip->saddr = packet->tuple.destination.word[3];
	ip->daddr = packet->tuple.source.word[3];
	sum = bpf_csum_diff(NULL, 0, (__be32 *)ip, sizeof(*ip), 0);
	ip->check = (__u16)~checksum_fold(sum & 0xffffffff);
}

static __always_inline void too_big_fill_ipv6(struct ipv6hdr *ip, const struct packet *packet,
					      __u32 length)
{
	*(__be32 *)ip = bpf_htonl(0x60000000);
	ip->payload_len = bpf_htons(length - sizeof(*ip));
	ip->nexthdr = IPPROTO_ICMPV6;
	ip->hop_limit = TOO_BIG_TTL;
	__builtin_memcpy(&ip->saddr, &packet->tuple.destination, sizeof(ip->saddr));
	__builtin_memcpy(&ip->daddr, &packet->tuple.source, sizeof(ip->daddr));
}

/* Fills in the message, which is `length` bytes long, at `offset`. */
static __always_inline int too_big_fill_message(struct __sk_buff *skb, const struct packet *packet,
						__u32 offset, __u32 length, __u32 mtu)
{
	bool is_ipv4 = ip_addr_is_ipv4(&packet->tuple.source);
	struct too_big_message *message = packet_peek(skb, offset, sizeof(*message));
	__u64 pseudo = 0;
	int sum;

	if (!message)
		return REASON_REWRITE_FAILED;
	message->type = is_ipv4 ? ICMP_UNREACHABLE : ICMPV6_PKT_TOOBIG;
	message->code = is_ipv4 ? ICMP_FRAGMENTATION_NEEDED : 0;
	message->checksum = 0;
	message->mtu = bpf_htonl(mtu);
	if (!is_ipv4)
		pseudo = checksum_pseudo_header(&packet->tuple.source, &packet->tuple.destination,
						IPPROTO_ICMPV6, length);
	sum = checksum_bytes(skb, offset, length);
	message = packet_peek(skb, offset, sizeof(*message));
	if (sum < 0 || !message)
		return REASON_REWRITE_FAILED;
	message->checksum = (__u16)~checksum_fold(pseudo + sum);
	return 0;
}

/*
 * Turns the packet into the answer to its sender, in the name of its destination, as Linux's own tunnels do:
 * that address lies where the packet went, which a strict `rp_filter` asks for. Returns 0 or the reason to drop.
 */
__noinline int too_big_answer(struct __sk_buff *skb, const struct packet *packet, __u32 mtu)
{
	__u32 ip_header, largest, quote;
	bool is_ipv4;

	if (!packet)
		return REASON_REWRITE_FAILED;
	is_ipv4 = ip_addr_is_ipv4(&packet->tuple.source);
	ip_header = is_ipv4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	largest = (is_ipv4 ? TOO_BIG_IPV4 : TOO_BIG_IPV6) - ip_header - ICMP_HEADER;
	quote = skb->len - ETH_HLEN;
	if (quote > largest)
		quote = largest;
	/* First, since it makes one packet of a buffer that was to be cut up. */
	if (bpf_skb_change_tail(skb, ETH_HLEN + quote, 0))
		return REASON_REWRITE_FAILED;
	if (bpf_skb_adjust_room(skb, ip_header + ICMP_HEADER, BPF_ADJ_ROOM_MAC, 0))
		return REASON_REWRITE_FAILED;
	if (is_ipv4) {
		struct iphdr *ip = packet_need(skb, ETH_HLEN, sizeof(*ip) + ICMP_HEADER);

		if (!ip)
			return REASON_REWRITE_FAILED;
		too_big_fill_ipv4(ip, packet, ip_header + ICMP_HEADER + quote);
	} else {
		struct ipv6hdr *ip = packet_need(skb, ETH_HLEN, sizeof(*ip) + ICMP_HEADER);

		if (!ip)
			return REASON_REWRITE_FAILED;
		too_big_fill_ipv6(ip, packet, ip_header + ICMP_HEADER + quote);
	}
	return too_big_fill_message(skb, packet, ETH_HLEN + ip_header, ICMP_HEADER + quote, mtu);
}

#endif
