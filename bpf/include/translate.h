/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_TRANSLATE_H
#define HEDDLE_TRANSLATE_H

#include "nat.h"
#include "observation.h"
#include "packet.h"

/*
 * Gives packets other addresses and ports. Checksums follow by what changed, so that one that was wrong stays wrong, and
 * one that the device is to fill in, or has summed up, stays right.
 */

/* Where the checksum of a transport header is; of UDP, UDP-Lite (RFC 3828) and DCCP (RFC 4340) at the same place. */
#define TRANSLATE_TCP_CHECKSUM 16
#define TRANSLATE_UDP_CHECKSUM 6
#define TRANSLATE_ICMP_CHECKSUM 2
/* Where the identifier of an echo is. */
#define TRANSLATE_IDENTIFIER 4
#define TRANSLATE_IPV4_CHECKSUM 10

/* An IP packet that is translated: that of a frame, or one that it quotes. */
struct translate_place {
	/* Where its IP header begins, in bytes from the beginning of the frame. */
	__u32 network;
	/* Where its transport header begins; 0 when there is none. */
	__u32 transport;
	/* Where it ends. */
	__u32 end;
	__u8 ipv4;
	/* IP protocol number. */
	__u8 protocol;
	/* 1 when an ICMP error quotes it: nothing in the frame's headers is a checksum of it but the error's own. */
	__u8 quoted;
	enum translated_end which;
	/* What it has now. */
	struct ip_addr address;
	__be16 port;
	__be16 reserved;
	/* Set afterwards, of one that is quoted: what its bytes add to a checksum now more than before. */
	__u32 difference;
};

/* Where the checksum of the transport header is, or 0. */
static __always_inline __u32 translate_checksum(const struct translate_place *place)
{
	__u32 at;

	if (!place->transport)
		return 0;
	switch (place->protocol) {
	case IPPROTO_TCP:
		at = place->transport + TRANSLATE_TCP_CHECKSUM;
		break;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
		at = place->transport + TRANSLATE_UDP_CHECKSUM;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		at = place->transport + TRANSLATE_ICMP_CHECKSUM;
		break;
	default:
		return 0;
	}
	return at + 2 > place->end ? 0 : at;
}

static __always_inline long translate_address(struct __sk_buff *skb, struct translate_place *place,
					      const struct ip_addr *to, __u32 checksum, __u64 flags)
{
	bool source = place->which == TRANSLATED_SOURCE;
	__be32 old = place->address.word[3], new = to->word[3];
	long error;
	__s64 sum;

	if (!place->quoted)
		flags |= BPF_F_PSEUDO_HDR;
	if (place->ipv4) {
		error = bpf_l3_csum_replace(skb, place->network + TRANSLATE_IPV4_CHECKSUM, old, new,
					    sizeof(new)) ||
			bpf_skb_store_bytes(skb,
					    place->network +
						    (source ? offsetof(struct iphdr, saddr)
							    : offsetof(struct iphdr, daddr)),
					    &new, sizeof(new), 0);
		/* ICMP has no pseudo header. */
		if (!error && checksum && place->protocol != IPPROTO_ICMP)
			error = bpf_l4_csum_replace(skb, checksum, old, new, flags | sizeof(new));
		return error;
	}
	sum = bpf_csum_diff(place->address.word, sizeof(*to), (__be32 *)to->word, sizeof(*to), 0);
	place->difference = sum;
	error = bpf_skb_store_bytes(skb,
				    place->network + (source ? offsetof(struct ipv6hdr, saddr)
							     : offsetof(struct ipv6hdr, daddr)),
				    to, sizeof(*to), 0);
	if (!error && checksum)
		error = bpf_l4_csum_replace(skb, checksum, 0, sum, flags);
	/*
	 * In a sum that the device has made of the whole packet, no checksum of an IP header makes up for the new address, but
	 * the helper takes the difference out as if one did. Where there is no other checksum, the sum has to follow, too.
	 */
	if (!error && !place->quoted)
		bpf_csum_update(skb, sum);
	return error;
}

static __always_inline long translate_port(struct __sk_buff *skb,
					   const struct translate_place *place, __be16 to,
					   __u32 checksum, __u64 flags)
{
	bool echo = place->protocol == IPPROTO_ICMP || place->protocol == IPPROTO_ICMPV6;
	__u32 at = place->transport + (echo				   ? TRANSLATE_IDENTIFIER
				       : place->which == TRANSLATED_SOURCE ? 0
									   : 2);
	__be32 before = place->port, after = to;
	long error = 0;

	if (checksum)
		error = bpf_l4_csum_replace(skb, checksum, place->port, to, flags | sizeof(to));
	else if (!place->quoted)
		bpf_csum_update(skb,
				bpf_csum_diff(&before, sizeof(before), &after, sizeof(after), 0));
	return error ? error : bpf_skb_store_bytes(skb, at, &to, sizeof(to), 0);
}

/* Translates one end of an IP packet. Returns 0, or an error of the buffer. */
__noinline int translate_place(struct __sk_buff *skb, struct translate_place *place,
			       const struct translation *to)
{
	__be32 before[2] = {}, after[2] = {};
	__u64 flags = 0;
	__u32 checksum;

	if (!place || !to)
		return -EINVAL;
	place->difference = 0;
	checksum = translate_checksum(place);
	if (checksum && (place->quoted || place->protocol == IPPROTO_UDP))
		bpf_skb_load_bytes(skb, checksum, &before[0], 2);
	/* 0 stands for none. */
	if (place->protocol == IPPROTO_UDP) {
		flags = BPF_F_MARK_MANGLED_0;
		if (!before[0])
			checksum = 0;
	}
	if (translate_address(skb, place, &to->address, checksum, flags))
		return -EFAULT;
	if (place->transport && nat_has_ports(place->protocol) && place->port != to->port) {
		before[1] = place->port;
		after[1] = to->port;
		if (translate_port(skb, place, to->port, checksum, flags))
			return -EFAULT;
	}
	if (!place->quoted)
		return 0;
	if (checksum)
		bpf_skb_load_bytes(skb, checksum, &after[0], 2);
	place->difference = bpf_csum_diff(before, sizeof(before), after, sizeof(after),
					  place->difference);
	return 0;
}

/*
 * Translates an ICMP error: the IP packet that it is, whoever has sent it, and what it quotes, which went the other way.
 * Returns 0, or an error of the buffer.
 */
__noinline int translate_error(struct __sk_buff *skb, struct translate_place *place,
			       const struct observation *seen, const struct translation *to)
{
	struct translation other;
	bool source;
	int error;

	if (!place || !seen || !to)
		return -EINVAL;
	source = to->end == TRANSLATED_SOURCE;
	place->protocol = place->ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	/* A router between may have sent it. */
	if (source && place->ipv4)
		error = bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, saddr),
					   &place->address.word[3], sizeof(__be32));
	else if (source)
		error = bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct ipv6hdr, saddr),
					   &place->address, sizeof(place->address));
	else
		error = 0;
	other = *to;
	other.port = place->port;
	if (error || translate_place(skb, place, &other))
		return -EFAULT;
	place->network = seen->quoted;
	place->transport = seen->fragment == FRAGMENT_LATER ? 0 : seen->quoted_transport;
	place->protocol = seen->tuple.protocol;
	place->quoted = 1;
	place->which = source ? TRANSLATED_DESTINATION : TRANSLATED_SOURCE;
	place->address = source ? seen->tuple.source : seen->tuple.destination;
	if (translate_place(skb, place, to))
		return -EFAULT;
	return bpf_l4_csum_replace(skb, seen->transport + TRANSLATE_ICMP_CHECKSUM, 0,
				   place->difference, 0);
}

/* Gives a packet what `connection_track` said. Returns 0, or an error of the buffer. */
__noinline int translate(struct __sk_buff *skb, const struct observation *seen,
			 const struct translation *to)
{
	struct translate_place place = {.network = ETH_HLEN};
	bool source;

	if (!seen || !to)
		return -EINVAL;
	source = to->end == TRANSLATED_SOURCE;
	if (seen->fragment != FRAGMENT_LATER || seen->related)
		place.transport = seen->transport;
	place.end = ETH_HLEN + seen->bytes;
	place.ipv4 = skb->protocol == bpf_htons(ETH_P_IP);
	place.protocol = seen->tuple.protocol;
	place.which = to->end;
	place.address = source ? seen->tuple.source : seen->tuple.destination;
	place.port = source ? seen->tuple.source_port : seen->tuple.destination_port;
	if (seen->related)
		return translate_error(skb, &place, seen, to);
	return translate_place(skb, &place, to);
}

/* Gives it to a packet that was parsed, and is no fragment and no ICMP error. Returns the same. */
__noinline int translate_packet(struct __sk_buff *skb, const struct packet *packet,
				const struct translation *to)
{
	struct translate_place place = {.network = ETH_HLEN};
	bool source;

	if (!packet || !to)
		return -EINVAL;
	source = to->end == TRANSLATED_SOURCE;
	place.transport = packet->transport_offset;
	place.end = packet_end(packet);
	place.ipv4 = ip_addr_is_ipv4(&packet->tuple.source);
	place.protocol = packet->tuple.protocol;
	place.which = to->end;
	place.address = source ? packet->tuple.source : packet->tuple.destination;
	place.port = source ? packet->tuple.source_port : packet->tuple.destination_port;
	return translate_place(skb, &place, to);
}

/*
 * Whether a packet that is of no connection would leave with a source that is to be translated. Nobody could answer it, or
 * the answer would come another way.
 */
__noinline int nat_leaks(struct __sk_buff *skb, __u32 ifindex)
{
	const struct nat_settings *settings = nat_settings_get();
	struct ip_addr source = {}, destination = {}, address = {};
	__be32 ipv4[2];

	if (!settings || !settings->enabled)
		return false;
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if (bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, saddr), ipv4,
				       sizeof(ipv4)))
			return false;
		ip_addr_set_ipv4(&source, ipv4[0]);
		ip_addr_set_ipv4(&destination, ipv4[1]);
	} else if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		if (bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct ipv6hdr, saddr), &source,
				       sizeof(source)) ||
		    bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct ipv6hdr, daddr),
				       &destination, sizeof(destination)))
			return false;
	} else {
		return false;
	}
	return nat_wants(&source, &destination, ifindex, &address);
}

#endif
