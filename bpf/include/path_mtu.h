/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_PATH_MTU_H
#define HEDDLE_PATH_MTU_H

#include <linux/bpf.h>
#include <linux/icmpv6.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include "checksum.h"
#include "encapsulate.h"
#include "geneve.h"
#include "packet.h"
#include "tunnel.h"

/* What routers tell of the ways of tunnels: how large their packets may be (RFC 1191, RFC 8201). */

/* The least that is believed of a way, in bytes of an inner packet: Linux's `min_pmtu` (ip-sysctl). */
#define PATH_MTU_LEAST 552

/* What every IPv6 link takes (RFC 8200 section 5). Nobody sends smaller packets because of a way. */
#define PATH_MTU_IPV6 1280

/* How long it is believed, in nanoseconds: 10 minutes, Linux's `mtu_expires`, as RFC 1191 section 6.3 advises. */
#define PATH_MTU_LIFETIME (600 * 1000000000ULL)

/* No limit. */
#define PATH_MTU_ANY 0xffffffff

/* ICMP "fragmentation needed" (RFC 1191); ICMPv6 has a type of its own. */
#define ICMP_UNREACHABLE 3
#define ICMP_FRAGMENTATION_NEEDED 4

/* Bytes of the largest inner packet that the tunnel's way is known to take. */
static __always_inline __u32 path_mtu_known(const struct tunnel_path *tunnel)
{
	__u32 mtu = *(volatile const __u32 *)&tunnel->mtu;

	if (!mtu || (tunnel->expires && bpf_ktime_get_coarse_ns() > tunnel->expires))
		return PATH_MTU_ANY;
	return mtu;
}

/* The same for a packet of one family, by the tunnel's slot. */
static __always_inline __u32 path_mtu_of(__u32 slot, bool is_ipv4)
{
	const struct tunnel_path *tunnel = tunnel_at(slot);
	__u32 mtu = tunnel ? path_mtu_known(tunnel) : PATH_MTU_ANY;

	return is_ipv4 || mtu > PATH_MTU_IPV6 ? mtu : PATH_MTU_IPV6;
}

/* An ICMP message that a packet was too large, and the packet that it quotes. */
struct path_mtu_message {
	struct ip_addr source;
	struct ip_addr destination;
	/* As the router tells it, in bytes. */
	__u32 mtu;
	/* Of the quoted packet, in bytes. */
	__u32 length;
	/* Where the UDP header of the quoted packet begins. */
	__u32 udp;
	__u32 reserved;
};

/* What our tunnels never send is no quote of theirs: fragments, and packets that may become some. */
static __always_inline bool path_mtu_read_ipv4(struct __sk_buff *skb, __u32 offset,
					       struct path_mtu_message *message)
{
	const __u8 *icmp = packet_need(skb, offset, 8 + sizeof(struct iphdr));
	const struct iphdr *ip = (const void *)(icmp + 8);

	if (!icmp || icmp[0] != ICMP_UNREACHABLE || icmp[1] != ICMP_FRAGMENTATION_NEEDED)
		return false;
	if (ip->version != 4 || ip->ihl != 5 || ip->protocol != IPPROTO_UDP || ip->id ||
	    ip->frag_off != bpf_htons(IPV4_DONT_FRAGMENT))
		return false;
	ip_addr_set_ipv4(&message->source, ip->saddr);
	ip_addr_set_ipv4(&message->destination, ip->daddr);
	message->mtu = bpf_ntohs(*(const __be16 *)(icmp + 6));
	message->length = bpf_ntohs(ip->tot_len);
	message->udp = offset + 8 + sizeof(*ip);
	return true;
}

/* A router that tells less than any IPv6 link takes is not believed (RFC 8201 section 4). */
static __always_inline bool path_mtu_read_ipv6(struct __sk_buff *skb, __u32 offset,
					       struct path_mtu_message *message)
{
	const __u8 *icmp = packet_need(skb, offset, 8 + sizeof(struct ipv6hdr));
	const struct ipv6hdr *ip = (const void *)(icmp + 8);

	if (!icmp || icmp[0] != ICMPV6_PKT_TOOBIG || icmp[1])
		return false;
	if (ip->version != 6 || ip->nexthdr != IPPROTO_UDP)
		return false;
	__builtin_memcpy(&message->source, &ip->saddr, sizeof(message->source));
	__builtin_memcpy(&message->destination, &ip->daddr, sizeof(message->destination));
	message->mtu = bpf_ntohl(*(const __be32 *)(icmp + 4));
	message->length = sizeof(*ip) + bpf_ntohs(ip->payload_len);
	message->udp = offset + 8 + sizeof(*ip);
	return message->mtu >= PATH_MTU_IPV6;
}

/* Whether the quoted UDP header is one that we write, of a packet that was larger than what the router takes. */
static __always_inline bool path_mtu_is_ours(struct __sk_buff *skb,
					     const struct path_mtu_message *message, __u32 ip)
{
	const struct udphdr *udp = packet_need(skb, message->udp, sizeof(*udp));

	return udp && udp->dest == bpf_htons(GENEVE_PORT) &&
	       bpf_ntohs(udp->source) >= OUTER_PORTS &&
	       bpf_ntohs(udp->len) + ip == message->length && message->length > message->mtu;
}

/* Whether the checksum of the ICMP message is right. */
static __always_inline bool path_mtu_verify(struct __sk_buff *skb, const struct packet *packet)
{
	__u32 length = packet_end(packet) - packet->transport_offset;
	int sum = checksum_bytes(skb, packet->transport_offset, length);
	__u64 pseudo = 0;

	if (packet->tuple.protocol == IPPROTO_ICMPV6)
		pseudo = checksum_pseudo_header(&packet->tuple.source, &packet->tuple.destination,
						IPPROTO_ICMPV6, length);
	return sum >= 0 && checksum_fold(pseudo + sum) == 0xffff;
}

/* Notes it, if it is less than what was known. A message never widens a way: time does. */
static __always_inline void path_mtu_lower(struct tunnel_path *tunnel, __u32 outer)
{
	__u32 overhead = encapsulate_overhead(&tunnel->peer), mtu = PATH_MTU_LEAST;

	if (outer > overhead + mtu)
		mtu = outer - overhead;
	if (mtu > path_mtu_known(tunnel))
		return;
	/* In this order, or another CPU takes the new number for one that has expired. */
	*(volatile __u64 *)&tunnel->expires = bpf_ktime_get_coarse_ns() + PATH_MTU_LIFETIME;
	*(volatile __u32 *)&tunnel->mtu = mtu;
}

/*
 * Learns from an ICMP message that a packet of a tunnel was too large for its way. What a sender of packets can
 * verify without remembering any is verified (RFC 5927 section 7): the packet that is quoted goes from this node to
 * the other end, and is as ours are. Returns 1 when the message is of that kind, and 0 when it concerns others.
 */
__noinline int path_mtu_learn(struct __sk_buff *skb, const struct packet *packet)
{
	const struct tunnel_self *self = tunnel_self_get();
	struct path_mtu_message message = {};
	const struct ip_addr *source;
	struct tunnel_path *tunnel;
	__u32 offset, ip;
	bool is_ipv4;

	if (!packet || !self || packet->fragment)
		return 0;
	is_ipv4 = packet->tuple.protocol == IPPROTO_ICMP;
	ip = is_ipv4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	offset = packet->transport_offset;
	if (!(is_ipv4 ? path_mtu_read_ipv4(skb, offset, &message)
		      : path_mtu_read_ipv6(skb, offset, &message)))
		return 0;
	if (message.udp + sizeof(struct udphdr) > packet_end(packet) ||
	    !path_mtu_is_ours(skb, &message, ip))
		return 0;
	tunnel = tunnel_at(tunnel_of_node(&message.destination));
	if (!tunnel || !ip_addr_equal(&tunnel->peer, &message.destination))
		return 0;
	source = tunnel_source(self, &tunnel->peer);
	if (!source || !ip_addr_equal(source, &message.source) || !path_mtu_verify(skb, packet))
		return 0;
	path_mtu_lower(tunnel, message.mtu);
	return 1;
}

#endif
