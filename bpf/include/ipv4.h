/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_IPV4_H
#define HEDDLE_IPV4_H

#include <linux/ip.h>
#include "packet.h"

#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_FRAGMENT_OFFSET 0x1fff

/* Reads the IPv4 header (RFC 791 section 3.1). Returns 0 or the reason to drop. */
static __always_inline int ipv4_parse(struct __sk_buff *skb, struct packet *packet)
{
	struct iphdr *ip = packet_need(skb, ETH_HLEN, sizeof(*ip));
	__u32 header, total;

	if (!ip)
		return REASON_TRUNCATED;
	header = ip->ihl * 4;
	total = bpf_ntohs(ip->tot_len);
	if (ip->version != 4 || header < sizeof(*ip))
		return REASON_BAD_HEADER;
	/* A length of 0 stands for more than 65535 bytes, in buffers that are cut up later. */
	if (!total && skb->gso_size)
		total = skb->len - ETH_HLEN;
	if (total < header)
		return REASON_BAD_HEADER;
	if (ETH_HLEN + total > skb->len)
		return REASON_TRUNCATED;

	tuple_set_ipv4(&packet->tuple, ip->saddr, ip->daddr);
	packet->tuple.protocol = ip->protocol;
	packet->fragment = (ip->frag_off & bpf_htons(IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET)) !=
			   0;
	packet->bytes = total;
	packet->ttl = ip->ttl;
	packet->options = header > sizeof(*ip);
	packet->transport_offset = ETH_HLEN + header;
	return 0;
}

/* Takes 1 from the TTL and adds it to the checksum's complement (RFC 1141). */
static __always_inline void ipv4_decrement_ttl(struct iphdr *ip)
{
	__u32 check = (__u32)ip->check + bpf_htons(0x0100);

	ip->check = (__u16)(check + (check >= 0xffff));
	ip->ttl -= 1;
}

#endif
