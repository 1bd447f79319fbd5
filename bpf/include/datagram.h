/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_DATAGRAM_H
#define HEDDLE_DATAGRAM_H

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include "buffer.h"
#include "extension.h"
#include "outcome.h"
#include "tuple.h"

/* Which part of a datagram a packet is. */
enum fragment_kind {
	FRAGMENT_NONE,
	/* With the transport header. */
	FRAGMENT_FIRST,
	FRAGMENT_LATER,
};

/* Of what there may be any amount more than is here. */
#define DATAGRAM_OPEN_END 0xffffffff

/* Flags of the fragment fields in host order: those of IPv4, and of the fragment header of IPv6. */
#define DATAGRAM_IPV4_MORE 0x2000
#define DATAGRAM_IPV4_OFFSET 0x1fff

/*
 * An IP packet without its headers: of a frame, or quoted by an ICMP error. Whoever reads one sets `offset`, `end` and
 * `full_end` to what there is of it, in bytes from the beginning of the frame.
 */
struct datagram {
	/* Without ports. */
	struct tuple tuple;
	/* Where the IP header begins; after reading, the transport header. */
	__u32 offset;
	/* Where it ends, as far as it is here. */
	__u32 end;
	/* Where it would end were all of it here. Headers may say more than is here when this is beyond `end`. */
	__u32 full_end;
	/* Bytes of the IP packet, headers included. */
	__u32 bytes;
	/* 4 or 6, once the IP header was read. */
	__u32 version;
	enum fragment_kind fragment;
	/* Of a fragment: 16 bits in IPv4, 32 in IPv6. */
	__u32 identification;
	/* Where it begins in what was fragmented, and bytes that it has of it. */
	__u32 fragment_offset;
	__u32 fragment_length;
};

/* What is wrong when a header is not all here. */
static __always_inline int datagram_cut(const struct datagram *datagram)
{
	return datagram->full_end > datagram->end ? OUTCOME_TRUNCATED : OUTCOME_MALFORMED;
}

/* The `size` bytes of the next header, or NULL. */
static __always_inline void *datagram_need(struct __sk_buff *skb, const struct datagram *datagram,
					   __u32 size)
{
	if (datagram->offset + size > datagram->end)
		return NULL;
	return packet_need(skb, datagram->offset, size);
}

/* Narrows the datagram to what its header says that follows. False when that is more than there can be. */
static __always_inline bool datagram_narrow(struct datagram *datagram, __u32 length)
{
	__u32 end = datagram->offset + length;

	if (end > datagram->full_end)
		return false;
	datagram->full_end = end;
	if (datagram->end > end)
		datagram->end = end;
	return true;
}

static __always_inline void datagram_set_fragment(struct datagram *datagram, bool more,
						  __u32 offset, __u32 identification, __u32 length)
{
	datagram->identification = identification;
	datagram->fragment_offset = offset;
	datagram->fragment_length = length;
	datagram->fragment = offset ? FRAGMENT_LATER : FRAGMENT_FIRST;
	/* Headers in it announce what is in later fragments too. */
	if (more && !offset)
		datagram->full_end = DATAGRAM_OPEN_END;
}

/* Reads an IPv4 header (RFC 791 section 3.1). Returns 0, or the outcome of a packet that is wrong. */
static __always_inline int datagram_read_ipv4(struct __sk_buff *skb, struct datagram *datagram)
{
	struct iphdr *ip = datagram_need(skb, datagram, sizeof(*ip));
	__u32 header, total, fragment;

	if (!ip)
		return datagram_cut(datagram);
	header = ip->ihl * 4;
	total = bpf_ntohs(ip->tot_len);
	fragment = bpf_ntohs(ip->frag_off);
	if (ip->version != 4 || header < sizeof(*ip))
		return OUTCOME_MALFORMED;
	ip_addr_set_ipv4(&datagram->tuple.source, ip->saddr);
	ip_addr_set_ipv4(&datagram->tuple.destination, ip->daddr);
	datagram->tuple.protocol = ip->protocol;
	datagram->identification = bpf_ntohs(ip->id);
	if (datagram->offset + header > datagram->end)
		return datagram_cut(datagram);
	datagram->version = 4;
	if (total && (total < header || !datagram_narrow(datagram, total)))
		return OUTCOME_MALFORMED;
	/* A length of 0 stands for more than 65535 bytes, in buffers that are cut up later. */
	datagram->bytes = total ? total : skb->len - ETH_HLEN;
	datagram->offset += header;
	if (fragment & (DATAGRAM_IPV4_MORE | DATAGRAM_IPV4_OFFSET))
		datagram_set_fragment(datagram, fragment & DATAGRAM_IPV4_MORE,
				      (fragment & DATAGRAM_IPV4_OFFSET) * 8,
				      datagram->identification, total - header);
	return 0;
}

/* Takes one extension header off. Returns 0, or the outcome of a packet that is wrong. */
static __always_inline int datagram_read_extension(struct __sk_buff *skb, struct datagram *datagram)
{
	__u8 protocol = datagram->tuple.protocol;
	__u32 least = ipv6_extension_least(protocol);
	struct ipv6_extension *extension;
	__u32 size, field, identification;

	if (datagram->offset + least > datagram->end)
		return datagram_cut(datagram);
	extension = packet_need(skb, datagram->offset, sizeof(*extension));
	if (!extension)
		return datagram_cut(datagram);
	size = ipv6_extension_size(protocol, extension);
	if (size < least)
		return OUTCOME_MALFORMED;
	if (datagram->offset + size > datagram->end)
		return datagram_cut(datagram);
	field = bpf_ntohs(extension->fragment_offset);
	identification = bpf_ntohl(extension->fragment_id);
	datagram->tuple.protocol = extension->next;
	datagram->offset += size;
	/* A fragment that is the whole datagram is a datagram (RFC 6946). */
	if (protocol == IPPROTO_FRAGMENT && (field & (IPV6_FRAGMENT_OFFSET | IPV6_MORE_FRAGMENTS)))
		datagram_set_fragment(datagram, field & IPV6_MORE_FRAGMENTS,
				      field & IPV6_FRAGMENT_OFFSET, identification,
				      datagram->full_end - datagram->offset);
	return 0;
}

/* Walks the chain of extension headers; few packets have any. */
__noinline int datagram_skip_extensions(struct __sk_buff *skb, struct datagram *datagram)
{
	if (!datagram)
		return OUTCOME_MALFORMED;
	for (int i = 0; i < IPV6_MAX_EXTENSIONS; i++) {
		int problem;

		if (!ipv6_is_extension(datagram->tuple.protocol))
			return 0;
		problem = datagram_read_extension(skb, datagram);
		if (problem)
			return problem;
		if (datagram->fragment == FRAGMENT_LATER)
			return 0;
	}
	return ipv6_is_extension(datagram->tuple.protocol) ? OUTCOME_HEADER_CHAIN : 0;
}

/* Reads an IPv6 header and its extension headers (RFC 8200 sections 3, 4), like `datagram_read_ipv4`. */
static __always_inline int datagram_read_ipv6(struct __sk_buff *skb, struct datagram *datagram)
{
	struct ipv6hdr *ip = datagram_need(skb, datagram, sizeof(*ip));
	__u32 length;

	if (!ip)
		return datagram_cut(datagram);
	if (ip->version != 6)
		return OUTCOME_MALFORMED;
	__builtin_memcpy(&datagram->tuple.source, &ip->saddr, sizeof(struct ip_addr));
	__builtin_memcpy(&datagram->tuple.destination, &ip->daddr, sizeof(struct ip_addr));
	datagram->tuple.protocol = ip->nexthdr;
	datagram->version = 6;
	length = bpf_ntohs(ip->payload_len);
	/* IPv4 addresses in the memory of a host, as they are in our keys, and none on the wire. */
	if (ip_addr_is_ipv4(&datagram->tuple.source) ||
	    ip_addr_is_ipv4(&datagram->tuple.destination))
		return OUTCOME_MALFORMED;
	datagram->offset += sizeof(*ip);
	datagram->bytes = sizeof(*ip) + length;
	/* A jumbogram, or a buffer of more than 65535 bytes that is cut up later (RFC 2675). */
	if (!length && datagram->tuple.protocol == IPPROTO_HOPOPTS)
		datagram->bytes = skb->len - ETH_HLEN;
	else if (!datagram_narrow(datagram, length))
		return OUTCOME_MALFORMED;
	if (!ipv6_is_extension(datagram->tuple.protocol))
		return 0;
	return datagram_skip_extensions(skb, datagram);
}

#endif
