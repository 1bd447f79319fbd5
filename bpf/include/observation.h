/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_OBSERVATION_H
#define HEDDLE_OBSERVATION_H

#include <linux/icmpv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include "datagram.h"
#include "signal.h"

/* All that connection tracking looks at in a packet. */
struct observation {
	/* Of the packet; of an ICMP error, that of the packet it quotes, turned around: the way the error goes. */
	struct tuple tuple;
	enum signal signal;
	/* Bytes of the IP packet, headers included. */
	__u32 bytes;
	/* Of the packet; of an ICMP error, only whether it quotes a later fragment. */
	enum fragment_kind fragment;
	__u32 identification;
	__u32 fragment_offset;
	__u32 fragment_length;
	/* 1 for an ICMP error about a connection. */
	__u32 related;
	/* Where the transport header begins, in bytes from the beginning of the frame; not of a later fragment. */
	__u16 transport;
	/* Of an ICMP error, where the IP header and the transport header begin that it quotes. */
	__u16 quoted;
	__u16 quoted_transport;
	/* 1 when fragments may be pieces of others that were seen, so that they may seem to overlap with them. */
	__u16 pieces;
};

/* Every transport with ports has them first, source before destination. */
struct observation_ports {
	__be16 source;
	__be16 destination;
};

/* What ICMP and ICMPv6 share (RFC 792, RFC 4443); the identifier is an echo's. */
struct observation_icmp {
	__u8 type;
	__u8 code;
	__be16 checksum;
	/* Words of the quotation, of 4 bytes in byte 5 of ICMP, of 8 in byte 4 of ICMPv6 (RFC 4884). */
	union {
		__be16 identifier;
		__u8 quoted_length[2];
	};
	__be16 rest;
};

/* SCTP common header (RFC 9260 section 3.1). */
struct observation_sctp {
	struct observation_ports ports;
	__be32 tag;
	__be32 checksum;
};

struct observation_chunk {
	__u8 type;
	__u8 flags;
	__be16 length;
};

/* What an ICMP message is, of either family. */
enum observation_message {
	MESSAGE_ECHO_REQUEST,
	MESSAGE_ECHO_REPLY,
	MESSAGE_ERROR,
	/* Neighbour discovery and others. */
	MESSAGE_OTHER,
};

/* Types of ICMP (RFC 792); the kernel's header of them drags in the C library's. */
#define OBSERVATION_ECHO_REPLY 0
#define OBSERVATION_UNREACHABLE 3
#define OBSERVATION_REDIRECT 5
#define OBSERVATION_ECHO_REQUEST 8
#define OBSERVATION_TIME_EXCEEDED 11
#define OBSERVATION_PARAMETER 12

/* Of ICMPv6, neighbour discovery (RFC 4861 section 4). */
#define OBSERVATION_ROUTER_SOLICITATION 133
#define OBSERVATION_ROUTER_ADVERTISEMENT 134
#define OBSERVATION_NEIGHBOUR_SOLICITATION 135
#define OBSERVATION_NEIGHBOUR_ADVERTISEMENT 136
#define OBSERVATION_ND_REDIRECT 137

static __always_inline enum observation_message observation_message(__u32 version, __u8 type)
{
	if (version == 4)
		switch (type) {
		case OBSERVATION_ECHO_REQUEST:
			return MESSAGE_ECHO_REQUEST;
		case OBSERVATION_ECHO_REPLY:
			return MESSAGE_ECHO_REPLY;
		case OBSERVATION_UNREACHABLE:
		case OBSERVATION_REDIRECT:
		case OBSERVATION_TIME_EXCEEDED:
		case OBSERVATION_PARAMETER:
			return MESSAGE_ERROR;
		default:
			return MESSAGE_OTHER;
		}
	switch (type) {
	case ICMPV6_ECHO_REQUEST:
		return MESSAGE_ECHO_REQUEST;
	case ICMPV6_ECHO_REPLY:
		return MESSAGE_ECHO_REPLY;
	case ICMPV6_DEST_UNREACH:
	case ICMPV6_PKT_TOOBIG:
	case ICMPV6_TIME_EXCEED:
	case ICMPV6_PARAMPROB:
		return MESSAGE_ERROR;
	default:
		return MESSAGE_OTHER;
	}
}

/* Bytes that a message has at least. */
static __always_inline __u32 observation_message_size(__u32 version, __u8 type)
{
	if (observation_message(version, type) != MESSAGE_OTHER)
		return sizeof(struct observation_icmp);
	if (version == 4)
		return 4;
	switch (type) {
	case OBSERVATION_ROUTER_SOLICITATION:
		return 8;
	case OBSERVATION_ROUTER_ADVERTISEMENT:
		return 16;
	case OBSERVATION_NEIGHBOUR_SOLICITATION:
	case OBSERVATION_NEIGHBOUR_ADVERTISEMENT:
		return 24;
	case OBSERVATION_ND_REDIRECT:
		return 40;
	default:
		return 4;
	}
}

/* Bytes that the message says its quotation has, when extensions follow it; 0 when it is all the rest. */
static __always_inline __u32 observation_quoted_length(__u32 version,
						       const struct observation_icmp *icmp)
{
	if (version == 4)
		return icmp->type == OBSERVATION_REDIRECT ? 0 : icmp->quoted_length[1] * 4;
	return icmp->type == ICMPV6_DEST_UNREACH || icmp->type == ICMPV6_TIME_EXCEED
		       ? icmp->quoted_length[0] * 8
		       : 0;
}

/* Ports of a transport header that is quoted, and may end after them. */
static __always_inline int observation_read_ports(struct __sk_buff *skb, struct datagram *datagram)
{
	struct observation_ports *ports = datagram_need(skb, datagram, sizeof(*ports));

	if (!ports)
		return OUTCOME_TRUNCATED;
	datagram->tuple.source_port = ports->source;
	datagram->tuple.destination_port = ports->destination;
	return 0;
}

/* Reads ports and signal of a TCP header. `OUTCOME_TRUNCATED` when there may be ports and no more. */
static __always_inline int observation_read_tcp(struct __sk_buff *skb, struct datagram *datagram,
						enum signal *signal)
{
	struct tcphdr *tcp = datagram_need(skb, datagram, sizeof(*tcp));

	if (!tcp)
		return datagram_cut(datagram);
	if (tcp->doff < 5 || (datagram->offset + tcp->doff * 4 > datagram->end &&
			      datagram->full_end <= datagram->end))
		return OUTCOME_MALFORMED;
	datagram->tuple.source_port = tcp->source;
	datagram->tuple.destination_port = tcp->dest;
	*signal = signal_of_tcp(((__u8 *)tcp)[TCP_FLAGS_OFFSET]);
	return 0;
}

/* The same of a UDP header (RFC 768). */
static __always_inline int observation_read_udp(struct __sk_buff *skb, struct datagram *datagram,
						enum signal *signal)
{
	struct udphdr *udp = datagram_need(skb, datagram, sizeof(*udp));
	__u32 length;

	if (!udp)
		return datagram_cut(datagram);
	length = bpf_ntohs(udp->len);
	/* A jumbogram (RFC 2675). */
	if (length || datagram->version == 4) {
		if (length < sizeof(*udp) || datagram->offset + length > datagram->full_end)
			return OUTCOME_MALFORMED;
	}
	datagram->tuple.source_port = udp->source;
	datagram->tuple.destination_port = udp->dest;
	*signal = SIGNAL_DATA;
	return 0;
}

/* More chunks than these do not fit an IP packet. */
#define OBSERVATION_CHUNKS (65536 / sizeof(struct observation_chunk))

/* A walk along the chunks of an SCTP packet. */
struct chunk_walk {
	struct __sk_buff *skb;
	struct sctp_chunks chunks;
	/* Where the next chunk begins, and where the last one ends. */
	__u32 at;
	__u32 end;
};

/* Takes one chunk in; 1 at the end, and in front of what is no whole chunk. */
static long observation_walk_chunk(__u32 index, struct chunk_walk *walk)
{
	struct observation_chunk chunk;
	__u32 length;

	(void)index;
	if (walk->at + sizeof(chunk) > walk->end ||
	    bpf_skb_load_bytes(walk->skb, walk->at, &chunk, sizeof(chunk)))
		return 1;
	length = bpf_ntohs(chunk.length);
	if (length < sizeof(chunk) || walk->at + length > walk->end)
		return 1;
	sctp_chunks_add(&walk->chunks, chunk.type, length);
	walk->at += (length + 3) & ~3;
	return walk->at >= walk->end;
}

/* The same as `observation_read_tcp` of an SCTP packet. Rare, and long. */
__noinline int observation_read_sctp(struct __sk_buff *skb, struct datagram *datagram)
{
	struct chunk_walk walk = {.skb = skb};
	struct observation_sctp *sctp;
	__be32 tag;
	__u8 type;

	if (!datagram)
		return OUTCOME_MALFORMED;
	sctp = datagram_need(skb, datagram, sizeof(*sctp));
	if (!sctp)
		return datagram_cut(datagram);
	datagram->tuple.source_port = sctp->ports.source;
	datagram->tuple.destination_port = sctp->ports.destination;
	tag = sctp->tag;
	walk.at = datagram->offset + sizeof(*sctp);
	walk.end = datagram->end;
	bpf_loop(OBSERVATION_CHUNKS, observation_walk_chunk, &walk, 0);
	if (walk.at >= walk.end)
		return -(int)signal_of_sctp(&walk.chunks, tag);
	if (datagram->full_end <= datagram->end)
		return OUTCOME_MALFORMED;
	/* The last chunk goes on in the next fragment: one of data may. */
	if (bpf_skb_load_bytes(skb, walk.at, &type, sizeof(type)) || type != SCTP_DATA)
		return OUTCOME_TRUNCATED;
	return tag ? -SIGNAL_DATA : -SIGNAL_IMPOSSIBLE;
}

/* Reads the transport header of a packet that an ICMP error quotes: eight bytes are all that must be (RFC 792). */
static __always_inline int observation_read_quoted(struct __sk_buff *skb, struct datagram *datagram)
{
	struct observation_icmp *icmp;
	enum signal signal;
	int problem = 0;

	switch (datagram->tuple.protocol) {
	case IPPROTO_TCP:
		problem = observation_read_tcp(skb, datagram, &signal);
		break;
	case IPPROTO_UDP:
		problem = observation_read_udp(skb, datagram, &signal);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if ((datagram->tuple.protocol == IPPROTO_ICMP) != (datagram->version == 4))
			return OUTCOME_TRUNCATED;
		icmp = datagram_need(skb, datagram, 4);
		if (!icmp ||
		    datagram->offset + observation_message_size(datagram->version, icmp->type) >
			    datagram->end)
			return datagram_cut(datagram);
		switch (observation_message(datagram->version, icmp->type)) {
		case MESSAGE_ECHO_REQUEST:
		case MESSAGE_ECHO_REPLY:
			break;
		case MESSAGE_ERROR:
			return OUTCOME_QUOTES_ERROR;
		default:
			return OUTCOME_NOT_OF_CONNECTION;
		}
		icmp = datagram_need(skb, datagram, sizeof(*icmp));
		if (!icmp)
			return datagram_cut(datagram);
		if (observation_message(datagram->version, icmp->type) == MESSAGE_ECHO_REQUEST)
			datagram->tuple.source_port = icmp->identifier;
		else
			datagram->tuple.destination_port = icmp->identifier;
		return 0;
	case IPPROTO_ESP:
		if (datagram->offset + 8 > datagram->end && datagram->full_end <= datagram->end)
			return OUTCOME_MALFORMED;
		return 0;
	default:
		return 0;
	}
	return problem == OUTCOME_TRUNCATED ? observation_read_ports(skb, datagram) : problem;
}

/* The same of an SCTP packet, whose chunks are not judged. */
static __always_inline int observation_read_quoted_sctp(struct __sk_buff *skb,
							struct datagram *datagram)
{
	int problem = observation_read_sctp(skb, datagram);

	if (problem == OUTCOME_TRUNCATED || problem <= 0)
		return observation_read_ports(skb, datagram);
	return problem;
}

/* What is left to be read: an SCTP header. It is not read in depth, since a program has 512 bytes of stack. */
#define OBSERVATION_QUOTES_SCTP (-1)

/*
 * An ICMP error is of the connection that the packet it quotes is of, and goes the other way. `quoted` says where the
 * quotation lies, and still whom the error goes to, which becomes the source of `seen`. Returns 0,
 * `OBSERVATION_QUOTES_SCTP`, or the outcome of a packet that is of no connection.
 */
__noinline int observation_read_error(struct __sk_buff *skb, struct datagram *quoted,
				      struct observation *seen)
{
	__u8 *version;
	int problem;

	if (!quoted || !seen)
		return OUTCOME_MALFORMED;
	seen->tuple.source = quoted->tuple.destination;
	seen->quoted = quoted->offset;
	version = datagram_need(skb, quoted, sizeof(*version));
	if (!version)
		return OUTCOME_MALFORMED;
	if (*version >> 4 == 4)
		problem = datagram_read_ipv4(skb, quoted);
	else if (*version >> 4 == 6)
		problem = datagram_read_ipv6(skb, quoted);
	else
		problem = OUTCOME_MALFORMED;
	seen->quoted_transport = quoted->offset;
	if (problem || quoted->fragment == FRAGMENT_LATER)
		return problem;
	if (quoted->tuple.protocol == IPPROTO_SCTP)
		return OBSERVATION_QUOTES_SCTP;
	return observation_read_quoted(skb, quoted);
}

/* Says whose connection an ICMP error is of, when all of the quotation was read, up to the `problem`. */
static __always_inline int observation_judge_error(const struct datagram *quoted,
						   struct observation *seen, int problem)
{
	if (problem == OUTCOME_MALFORMED || !quoted->version)
		return problem;
	if (!ip_addr_equal(&quoted->tuple.source, &seen->tuple.source))
		return OUTCOME_QUOTES_STRANGER;
	if (problem)
		return problem;
	seen->tuple = quoted->tuple;
	tuple_reverse(&seen->tuple);
	seen->signal = SIGNAL_NONE;
	seen->related = 1;
	seen->fragment = quoted->fragment == FRAGMENT_LATER ? FRAGMENT_LATER : FRAGMENT_NONE;
	seen->identification = quoted->identification;
	return 0;
}

static __always_inline int observation_read_icmp(struct __sk_buff *skb, struct datagram *datagram,
						 struct observation *seen)
{
	struct observation_icmp *icmp;
	enum observation_message message;
	__u32 length;
	int problem;

	if ((datagram->tuple.protocol == IPPROTO_ICMP) != (datagram->version == 4))
		return OUTCOME_TRUNCATED;
	icmp = datagram_need(skb, datagram, 4);
	if (!icmp || datagram->offset + observation_message_size(datagram->version, icmp->type) >
			     datagram->end)
		return datagram_cut(datagram);
	message = observation_message(datagram->version, icmp->type);
	if (message == MESSAGE_OTHER)
		return OUTCOME_NOT_OF_CONNECTION;
	icmp = datagram_need(skb, datagram, sizeof(*icmp));
	if (!icmp)
		return datagram_cut(datagram);
	if (message == MESSAGE_ECHO_REQUEST) {
		datagram->tuple.source_port = icmp->identifier;
		seen->signal = SIGNAL_OPEN;
		return 0;
	}
	if (message == MESSAGE_ECHO_REPLY) {
		datagram->tuple.destination_port = icmp->identifier;
		seen->signal = SIGNAL_ACCEPT;
		return 0;
	}
	length = observation_quoted_length(datagram->version, icmp);
	/* The same memory, since a program has 512 bytes of stack. */
	datagram->offset += sizeof(*icmp);
	if (length && datagram->offset + length < datagram->end)
		datagram->end = datagram->offset + length;
	datagram->full_end = DATAGRAM_OPEN_END;
	datagram->version = 0;
	datagram->fragment = FRAGMENT_NONE;
	problem = observation_read_error(skb, datagram, seen);
	if (problem == OBSERVATION_QUOTES_SCTP)
		problem = observation_read_quoted_sctp(skb, datagram);
	return observation_judge_error(datagram, seen, problem);
}

/* Reads the transport header. Returns 0, or the outcome of a packet that is of no connection. */
static __always_inline int observation_read_transport(struct __sk_buff *skb,
						      struct datagram *datagram,
						      struct observation *seen)
{
	int problem = 0;

	seen->signal = SIGNAL_DATA;
	switch (datagram->tuple.protocol) {
	case IPPROTO_TCP:
		problem = observation_read_tcp(skb, datagram, &seen->signal);
		break;
	case IPPROTO_UDP:
		problem = observation_read_udp(skb, datagram, &seen->signal);
		break;
	case IPPROTO_SCTP:
		problem = observation_read_sctp(skb, datagram);
		if (problem < 0) {
			seen->signal = -problem;
			problem = 0;
		}
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		problem = observation_read_icmp(skb, datagram, seen);
		break;
	case IPPROTO_ESP:
		if (datagram->offset + 8 > datagram->end && datagram->full_end <= datagram->end)
			problem = OUTCOME_MALFORMED;
		break;
	default:
		break;
	}
	if (!problem && seen->signal == SIGNAL_IMPOSSIBLE)
		problem = OUTCOME_IMPOSSIBLE_SIGNAL;
	return problem;
}

/* The same as `observation_read`, with memory that is zero for what is read on the way. */
static __always_inline int observation_read_with(struct __sk_buff *skb, struct datagram *datagram,
						 struct observation *seen)
{
	int problem;

	datagram->offset = ETH_HLEN;
	datagram->end = skb->len;
	datagram->full_end = skb->len;
	if (skb->protocol == bpf_htons(ETH_P_IP))
		problem = datagram_read_ipv4(skb, datagram);
	else if (skb->protocol == bpf_htons(ETH_P_IPV6))
		problem = datagram_read_ipv6(skb, datagram);
	else
		problem = OUTCOME_NOT_IP;
	if (problem)
		return problem;
	seen->signal = SIGNAL_NONE;
	seen->bytes = datagram->bytes;
	seen->transport = datagram->offset;
	if (datagram->fragment != FRAGMENT_LATER) {
		problem = observation_read_transport(skb, datagram, seen);
		if (problem || seen->related)
			return problem;
	}
	seen->tuple = datagram->tuple;
	seen->fragment = datagram->fragment;
	seen->identification = datagram->identification;
	seen->fragment_offset = datagram->fragment_offset;
	seen->fragment_length = datagram->fragment_length;
	return 0;
}

/*
 * Looks at the IP packet of a frame; of a tunnel, at the outer one. Returns 0, or the outcome of a packet that is of
 * no connection.
 */
__noinline int observation_read(struct __sk_buff *skb, struct observation *seen)
{
	struct datagram datagram = {};

	if (!seen)
		return OUTCOME_MALFORMED;
	return observation_read_with(skb, &datagram, seen);
}

#endif
