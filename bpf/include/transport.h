/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_TRANSPORT_H
#define HEDDLE_TRANSPORT_H

#include <linux/icmpv6.h>
#include <linux/in.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include "packet.h"

/* Every transport with ports has them first, source before destination. */
struct transport_ports {
	__be16 source;
	__be16 destination;
};

/* SCTP common header (RFC 9260 section 3.1) is 12 bytes. */
#define SCTP_HEADER 12

static __always_inline int transport_parse_tcp(struct __sk_buff *skb, struct packet *packet)
{
	struct tcphdr *tcp = packet_need(skb, packet->transport_offset, sizeof(*tcp));

	if (!tcp)
		return REASON_TRUNCATED;
	if (tcp->doff < 5)
		return REASON_BAD_HEADER;
	packet->key.source_port = tcp->source;
	packet->key.destination_port = tcp->dest;
	packet->transport_header = tcp->doff * 4;
	return 0;
}

static __always_inline int transport_parse_ports(struct __sk_buff *skb, struct packet *packet,
						 __u32 header)
{
	struct transport_ports *ports = packet_need(skb, packet->transport_offset, header);

	if (!ports)
		return REASON_TRUNCATED;
	packet->key.source_port = ports->source;
	packet->key.destination_port = ports->destination;
	packet->transport_header = header;
	return 0;
}

static __always_inline int transport_parse_udp(struct __sk_buff *skb, struct packet *packet)
{
	int problem = transport_parse_ports(skb, packet, sizeof(struct udphdr));
	struct udphdr *udp;
	__u32 length;

	if (problem)
		return problem;
	udp = packet_peek(skb, packet->transport_offset, sizeof(*udp));
	if (!udp)
		return REASON_TRUNCATED;
	length = bpf_ntohs(udp->len);
	if (length < sizeof(*udp))
		return REASON_BAD_HEADER;
	return packet->transport_offset + length > packet->end ? REASON_TRUNCATED : 0;
}

/* What ICMP and ICMPv6 share (RFC 792, RFC 4443); the identifier is an echo's. */
struct transport_icmp {
	__u8 type;
	__u8 code;
	__sum16 checksum;
	__be16 identifier;
	__be16 sequence;
};

/* Types of an ICMP echo (RFC 792); the kernel's header of them drags in the C library's. */
#define ICMP_ECHO_REPLY 0
#define ICMP_ECHO_REQUEST 8

static __always_inline int transport_parse_icmp(struct __sk_buff *skb, struct packet *packet)
{
	struct transport_icmp *icmp = packet_need(skb, packet->transport_offset, sizeof(*icmp));
	bool echo;

	if (!icmp)
		return REASON_TRUNCATED;
	echo = packet->key.protocol == IPPROTO_ICMP
		       ? icmp->type == ICMP_ECHO_REQUEST || icmp->type == ICMP_ECHO_REPLY
		       : icmp->type == ICMPV6_ECHO_REQUEST || icmp->type == ICMPV6_ECHO_REPLY;
	if (echo) {
		packet->key.source_port = icmp->identifier;
		packet->key.destination_port = icmp->identifier;
	}
	packet->transport_header = sizeof(*icmp);
	return 0;
}

static __always_inline int transport_parse_header(struct __sk_buff *skb, struct packet *packet)
{
	switch (packet->key.protocol) {
	case IPPROTO_TCP:
		return transport_parse_tcp(skb, packet);
	case IPPROTO_UDP:
		return transport_parse_udp(skb, packet);
	case IPPROTO_UDPLITE:
		return transport_parse_ports(skb, packet, sizeof(struct udphdr));
	case IPPROTO_SCTP:
		return transport_parse_ports(skb, packet, SCTP_HEADER);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return transport_parse_icmp(skb, packet);
	default:
		return 0;
	}
}

/* Fills in what of the flow key lies in the transport header. Returns 0 or the reason to drop. */
static __always_inline int transport_parse(struct __sk_buff *skb, struct packet *packet)
{
	int problem;

	if (packet->key.fragment)
		return 0;
	problem = transport_parse_header(skb, packet);
	if (problem)
		return problem;
	/* What lies behind the end of the IP packet is padding, and no header. */
	if (packet->transport_offset + packet->transport_header > packet->end)
		return REASON_TRUNCATED;
	return 0;
}

#endif
