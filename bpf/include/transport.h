/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_TRANSPORT_H
#define HEDDLE_TRANSPORT_H

#include <linux/icmpv6.h>
#include <linux/in.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include "observation.h"
#include "packet.h"
#include "signal.h"

/* SCTP common header (RFC 9260 section 3.1) is 12 bytes. */
#define SCTP_HEADER 12

/* The least of ESP (RFC 4303 section 2). */
#define ESP_HEADER 8

static __always_inline int transport_parse_tcp(struct __sk_buff *skb, struct packet *packet)
{
	struct tcphdr *tcp = packet_transport(skb, packet, sizeof(*tcp));
	enum signal signal;

	if (!tcp)
		return REASON_TRUNCATED;
	if (tcp->doff < 5 || tcp->doff * 4 > packet_payload(packet))
		return REASON_BAD_HEADER;
	signal = signal_of_tcp(((__u8 *)tcp)[TCP_FLAGS_OFFSET]);
	if (signal == SIGNAL_IMPOSSIBLE)
		return REASON_IMPOSSIBLE_FLAGS;
	tuple_set_ports(&packet->tuple, tcp->source, tcp->dest);
	packet->transport_header = tcp->doff * 4;
	packet->signal = signal;
	return 0;
}

static __always_inline int transport_parse_udp(struct __sk_buff *skb, struct packet *packet)
{
	struct udphdr *udp = packet_transport(skb, packet, sizeof(*udp));
	__u32 length;

	if (!udp)
		return REASON_TRUNCATED;
	length = bpf_ntohs(udp->len);
	/* A jumbogram has no length here (RFC 2675). */
	if ((length || ip_addr_is_ipv4(&packet->tuple.source)) &&
	    (length < sizeof(*udp) || length > packet_payload(packet)))
		return REASON_BAD_HEADER;
	tuple_set_ports(&packet->tuple, udp->source, udp->dest);
	packet->transport_header = sizeof(*udp);
	return 0;
}

/* Rare, and long. */
__noinline int transport_parse_sctp(struct __sk_buff *skb, struct packet *packet)
{
	struct datagram datagram = {};
	int result;

	if (!packet)
		return REASON_BAD_HEADER;
	datagram.offset = packet->transport_offset;
	datagram.end = packet_end(packet);
	datagram.full_end = datagram.end;
	if (packet_payload(packet) < SCTP_HEADER)
		return REASON_TRUNCATED;
	result = observation_read_sctp(skb, &datagram);
	if (result >= 0)
		return REASON_BAD_HEADER;
	if (-result == SIGNAL_IMPOSSIBLE)
		return REASON_IMPOSSIBLE_FLAGS;
	packet->tuple.source_port = datagram.tuple.source_port;
	packet->tuple.destination_port = datagram.tuple.destination_port;
	packet->transport_header = SCTP_HEADER;
	packet->signal = -result;
	return 0;
}

static __always_inline int transport_parse_icmp(struct __sk_buff *skb, struct packet *packet)
{
	struct observation_icmp *icmp = packet_transport(skb, packet, sizeof(*icmp));
	__u32 version = packet->tuple.protocol == IPPROTO_ICMP ? 4 : 6;

	if (!icmp)
		return REASON_TRUNCATED;
	packet->transport_header = sizeof(*icmp);
	switch (observation_message(version, icmp->type)) {
	case MESSAGE_ECHO_REQUEST:
		packet->tuple.source_port = icmp->identifier;
		packet->signal = SIGNAL_OPEN;
		break;
	case MESSAGE_ECHO_REPLY:
		packet->tuple.destination_port = icmp->identifier;
		packet->signal = SIGNAL_ACCEPT;
		break;
	default:
		packet->unread = 1;
	}
	return (version == 4) == ip_addr_is_ipv4(&packet->tuple.source) ? 0 : REASON_BAD_HEADER;
}

/* Reads the transport header, and what says of it which connection it is of. Returns 0 or the reason to drop. */
static __always_inline int transport_parse(struct __sk_buff *skb, struct packet *packet)
{
	packet->signal = SIGNAL_DATA;
	packet->unread = packet->fragment;
	if (packet->fragment)
		return 0;
	switch (packet->tuple.protocol) {
	case IPPROTO_TCP:
		return transport_parse_tcp(skb, packet);
	case IPPROTO_UDP:
		return transport_parse_udp(skb, packet);
	case IPPROTO_SCTP:
		return transport_parse_sctp(skb, packet);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return transport_parse_icmp(skb, packet);
	case IPPROTO_ESP:
		return packet_payload(packet) < ESP_HEADER ? REASON_TRUNCATED : 0;
	default:
		return 0;
	}
}

#endif
