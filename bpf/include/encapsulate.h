/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_ENCAPSULATE_H
#define HEDDLE_ENCAPSULATE_H

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include "checksum.h"
#include "geneve.h"
#include "identity.h"
#include "packet.h"
#include "settings.h"

/* The ends of a tunnel, and what its header says. */
struct encapsulation {
	const struct ip_addr *source;
	const struct ip_addr *destination;
	__u32 identity;
	/* Of the flow, of 32 bits. */
	__u32 hash;
};

#define OUTER_TTL 64

/* The dynamic ports (RFC 6335 section 6): 49152 to 65535. */
#define OUTER_PORTS 0xc000
#define OUTER_PORT_BITS 14

#define IPV4_DONT_FRAGMENT 0x4000
#define IPV6_FLOW_LABEL 0xfffff

/* A number that all packets of a flow have in common, and all fragments of a packet. */
static __always_inline __u32 encapsulate_hash(const struct tuple *tuple)
{
	const __u64 *source = (const void *)&tuple->source;
	const __u64 *destination = (const void *)&tuple->destination;
	__u64 sum = (source[0] ^ destination[0]) + (source[1] ^ (destination[1] << 1));

	sum += (__u64)tuple->source_port << 32 | (__u64)tuple->destination_port << 16 |
	       tuple->protocol;
	/* Fibonacci hashing, twice, since the low bits of one product depend on few of the input. */
	sum *= 0x9e3779b97f4a7c15ULL;
	sum ^= sum >> 32;
	return sum * 0x9e3779b97f4a7c15ULL >> 32;
}

/* Bytes that go between an outer Ethernet header and an inner IP header. */
static __always_inline __u32 encapsulate_overhead(const struct ip_addr *peer)
{
	__u32 ip = ip_addr_is_ipv4(peer) ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	__u32 option = tunnel_cluster ? sizeof(struct geneve_cluster_option) : 0;

	return ip + sizeof(struct udphdr) + sizeof(struct geneve_header) + option +
	       sizeof(struct ethhdr);
}

/* Whether the packets have an outer checksum. */
static __always_inline bool encapsulate_has_checksum(const struct ip_addr *peer)
{
	return tunnel_checksum & (ip_addr_is_ipv4(peer) ? 1 : 2);
}

/* DSCP and ECN of the inner packet, which the outer one gets too (RFC 2983, RFC 6040 section 4.1). */
static __always_inline __u8 encapsulate_traffic_class(const struct __sk_buff *skb)
{
	const __u8 *ip = packet_peek(skb, ETH_HLEN, 2);

	if (!ip)
		return 0;
	if (skb->protocol == bpf_htons(ETH_P_IP))
		return ip[1];
	return (ip[0] & 0x0f) << 4 | ip[1] >> 4;
}

static __always_inline void encapsulate_fill_ipv4(struct iphdr *ip, const struct encapsulation *to,
						  __u32 length, __u8 traffic_class)
{
	__u64 sum;

	ip->version = 4;
	ip->ihl = 5;
	ip->tos = traffic_class;
	ip->tot_len = bpf_htons(length);
	/* What is never fragmented needs no number (RFC 6864). */
	ip->id = 0;
	ip->frag_off = bpf_htons(IPV4_DONT_FRAGMENT);
	ip->ttl = OUTER_TTL;
	ip->protocol = IPPROTO_UDP;
	ip->saddr = to->source->word[3];
	ip->daddr = to->destination->word[3];
	sum = (__u64)bpf_htons(0x4500 | traffic_class) + ip->tot_len + ip->frag_off +
	      bpf_htons(OUTER_TTL << 8 | IPPROTO_UDP) + ip->saddr + ip->daddr;
	ip->check = (__u16)~checksum_fold(sum);
}

/* The flow label spreads flows over the network's paths, as the source port does (RFC 6438). */
static __always_inline void encapsulate_fill_ipv6(struct ipv6hdr *ip,
						  const struct encapsulation *to, __u32 length,
						  __u8 traffic_class)
{
	__u32 label = 1 + to->hash % IPV6_FLOW_LABEL;

	*(__be32 *)ip = bpf_htonl(0x60000000 | (__u32)traffic_class << 20 | label);
	ip->payload_len = bpf_htons(length - sizeof(*ip));
	ip->nexthdr = IPPROTO_UDP;
	ip->hop_limit = OUTER_TTL;
	__builtin_memcpy(&ip->saddr, to->source, sizeof(ip->saddr));
	__builtin_memcpy(&ip->daddr, to->destination, sizeof(ip->daddr));
}

/* UDP and Geneve headers. `length` is from the UDP header on. */
static __always_inline void encapsulate_fill_tunnel(struct udphdr *udp,
						    const struct encapsulation *to, __u32 length)
{
	struct geneve_header *header = (void *)(udp + 1);

	udp->source = bpf_htons(OUTER_PORTS | to->hash >> (32 - OUTER_PORT_BITS));
	udp->dest = bpf_htons(GENEVE_PORT);
	udp->len = bpf_htons(length);
	udp->check = 0;
	header->version_length = tunnel_cluster ? sizeof(struct geneve_cluster_option) / 4 : 0;
	header->flags = tunnel_cluster ? GENEVE_CRITICAL : 0;
	header->protocol = bpf_htons(GENEVE_FRAME);
	header->vni = bpf_htonl(to->identity << GENEVE_VNI_SHIFT);
}

static __always_inline void encapsulate_fill_cluster(struct geneve_cluster_option *cluster)
{
	cluster->option.class = bpf_htons(GENEVE_CLASS_HEDDLE);
	cluster->option.type = GENEVE_CLUSTER;
	cluster->option.length = GENEVE_CLUSTER_LENGTH;
	cluster->unused = 0;
	cluster->cluster = bpf_htons(tunnel_cluster);
}

/*
 * Fills in the outer UDP checksum. What lies between the UDP header and the inner IP header is summed up byte by
 * byte; of the inner packet, which ends at the end of the buffer, its own checksums tell.
 */
static __always_inline int encapsulate_checksum(struct __sk_buff *skb, __u16 protocol,
						const struct encapsulation *to, __u32 offset,
						__u32 inner)
{
	int headers = checksum_bytes(skb, offset, inner - offset);
	int contents = checksum_of_packet(skb, protocol, inner, skb->len - inner);
	struct udphdr *udp = packet_peek(skb, offset, sizeof(*udp));
	__u64 sum;
	__u16 check;

	if (headers < 0 || contents < 0 || !udp)
		return REASON_REWRITE_FAILED;
	sum = checksum_pseudo_header(to->source, to->destination, IPPROTO_UDP, skb->len - offset) +
	      headers + contents;
	check = ~checksum_fold(sum);
	/* 0 would mean that there is none (RFC 768). */
	udp->check = check ? check : 0xffff;
	return 0;
}

/*
 * Makes room for the outer headers. A packet that is in a tunnel already, of a pod's own, cannot be
 * cut up by a device in two ways at once; whole ones need not be.
 */
static __always_inline long encapsulate_make_room(struct __sk_buff *skb, __u32 room, bool is_ipv4)
{
	__be16 outer = is_ipv4 ? bpf_htons(ETH_P_IP) : bpf_htons(ETH_P_IPV6);
	__u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L4_UDP |
		      BPF_F_ADJ_ROOM_ENCAP_L2_ETH | BPF_F_ADJ_ROOM_ENCAP_L2(sizeof(struct ethhdr));
	long result;

	flags |= is_ipv4 ? BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 : BPF_F_ADJ_ROOM_ENCAP_L3_IPV6;
	result = bpf_skb_adjust_room(skb, room, BPF_ADJ_ROOM_MAC, flags);
	if (result && !skb->gso_size && skb->protocol == outer)
		result = bpf_skb_adjust_room(skb, room, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO);
	return result;
}

/*
 * Puts the frame into a tunnel: what it was from its Ethernet header on becomes the contents of a packet
 * to the other end, whose own Ethernet header is left to whoever sends it. Returns 0 or the reason to drop.
 */
static __always_inline int encapsulate(struct __sk_buff *skb, const struct encapsulation *to)
{
	struct ethhdr *outer_frame, *inner_frame;
	__u32 room, length, offset, inner;
	struct ethhdr frame;
	struct udphdr *udp;
	__u8 traffic_class;
	bool is_ipv4;

	is_ipv4 = ip_addr_is_ipv4(to->destination);
	room = encapsulate_overhead(to->destination);
	length = skb->len - ETH_HLEN + room;
	outer_frame = packet_peek(skb, 0, sizeof(*outer_frame));
	/* A length has 16 bits, in buffers too that are cut up later. */
	if (!outer_frame || length > 0xffff)
		return REASON_REWRITE_FAILED;
	frame = *outer_frame;
	traffic_class = encapsulate_traffic_class(skb);
	if (encapsulate_make_room(skb, room, is_ipv4))
		return REASON_REWRITE_FAILED;

	offset = ETH_HLEN + (is_ipv4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr));
	inner = ETH_HLEN + room;
	if (is_ipv4) {
		struct iphdr *ip = packet_peek(skb, ETH_HLEN, sizeof(*ip));

		if (!ip)
			return REASON_REWRITE_FAILED;
		encapsulate_fill_ipv4(ip, to, length, traffic_class);
	} else {
		struct ipv6hdr *ip = packet_peek(skb, ETH_HLEN, sizeof(*ip));

		if (!ip)
			return REASON_REWRITE_FAILED;
		encapsulate_fill_ipv6(ip, to, length, traffic_class);
	}
	udp = packet_peek(skb, offset, sizeof(*udp) + sizeof(struct geneve_header));
	if (!udp)
		return REASON_REWRITE_FAILED;
	encapsulate_fill_tunnel(udp, to, length + ETH_HLEN - offset);
	if (tunnel_cluster) {
		struct geneve_cluster_option *cluster = packet_peek(
			skb, inner - sizeof(frame) - sizeof(*cluster), sizeof(*cluster));

		if (!cluster)
			return REASON_REWRITE_FAILED;
		encapsulate_fill_cluster(cluster);
	}
	inner_frame = packet_peek(skb, inner - sizeof(frame), sizeof(frame));
	if (!inner_frame)
		return REASON_REWRITE_FAILED;
	*inner_frame = frame;
	outer_frame = packet_peek(skb, 0, sizeof(*outer_frame));
	if (!outer_frame)
		return REASON_REWRITE_FAILED;
	outer_frame->h_proto = is_ipv4 ? bpf_htons(ETH_P_IP) : bpf_htons(ETH_P_IPV6);
	if (!encapsulate_has_checksum(to->destination))
		return 0;
	return encapsulate_checksum(skb, bpf_ntohs(frame.h_proto), to, offset, inner);
}

#endif
