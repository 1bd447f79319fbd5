/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_NDP_H
#define HEDDLE_NDP_H

#include <linux/icmpv6.h>
#include <linux/ipv6.h>
#include "packet.h"
#include "settings.h"
#include "verdict.h"

/* ICMPv6 types of neighbour discovery and multicast listener discovery (RFC 4861, 2710, 3810). */
#define NDP_ROUTER_SOLICITATION 133
#define NDP_NEIGHBOUR_SOLICITATION 135
#define NDP_NEIGHBOUR_ADVERTISEMENT 136
#define NDP_REDIRECT 137
#define MLD_QUERY 130
#define MLD_DONE 132
#define MLD_REPORT_V2 143

/* Flags of an advertisement: router, solicited, override (RFC 4861 section 4.4). */
#define NDP_ROUTER bpf_htonl(1u << 31)
#define NDP_SOLICITED bpf_htonl(1u << 30)
#define NDP_OVERRIDE bpf_htonl(1u << 29)

#define NDP_TARGET_LINK_LAYER_ADDRESS 2
#define NDP_HOP_LIMIT 255

/* The fixed part of a neighbour solicitation (RFC 4861 section 4.3). */
struct ndp_solicitation {
	struct icmp6hdr icmp;
	struct ip_addr target;
};

/* A neighbour advertisement with its one option (RFC 4861 sections 4.4 and 4.6.1). */
struct ndp_advertisement {
	__u8 type;
	__u8 code;
	__sum16 checksum;
	__be32 flags;
	struct ip_addr target;
	__u8 option;
	__u8 option_length;
	struct mac_addr mac;
};

/* The pseudo-header (RFC 8200 section 8.1) and what it protects, as the checksum sees them. */
struct ndp_checksummed {
	struct ip_addr source;
	struct ip_addr destination;
	__be32 length;
	__be32 next_header;
	struct ndp_advertisement advertisement;
};

/* The whole frame; its beginning is not aligned, as on the wire. */
struct ndp_frame {
	struct ethhdr ethernet;
	struct ipv6hdr ip;
	struct ndp_advertisement advertisement;
} __attribute__((packed));

static __always_inline bool ndp_is_link_control(__u8 type)
{
	return (type >= NDP_ROUTER_SOLICITATION && type <= NDP_REDIRECT) ||
	       (type >= MLD_QUERY && type <= MLD_DONE) || type == MLD_REPORT_V2;
}

static __always_inline __sum16 ndp_checksum(struct ndp_checksummed *data)
{
	__u32 sum = bpf_csum_diff(NULL, 0, (__be32 *)data, sizeof(*data), 0);

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/*
 * The gateway's advertisement. A solicitation from the unspecified address is duplicate address
 * detection, which is answered to all nodes and unsolicited (RFC 4861 section 7.2.4).
 */
static __always_inline void ndp_advertise(struct ndp_checksummed *answer,
					  const struct ip_addr *solicitor)
{
	struct ndp_advertisement *advertisement = &answer->advertisement;

	for (int i = 0; i < 4; i++)
		answer->source.word[i] = gateway_ipv6.word[i];
	answer->destination = *solicitor;
	advertisement->flags = NDP_ROUTER | NDP_OVERRIDE | NDP_SOLICITED;
	if (ip_addr_is_unspecified(solicitor)) {
		answer->destination.word[0] = bpf_htonl(0xff020000);
		answer->destination.word[3] = bpf_htonl(1);
		advertisement->flags = NDP_ROUTER | NDP_OVERRIDE;
	}
	answer->length = bpf_htonl(sizeof(*advertisement));
	answer->next_header = bpf_htonl(IPPROTO_ICMPV6);
	advertisement->type = NDP_NEIGHBOUR_ADVERTISEMENT;
	advertisement->target = answer->source;
	advertisement->option = NDP_TARGET_LINK_LAYER_ADDRESS;
	advertisement->option_length = 1;
	mac_addr_copy(advertisement->mac.byte, &gateway_mac);
	advertisement->checksum = ndp_checksum(answer);
}

static __always_inline void ndp_fill_ethernet(struct ethhdr *reply, const struct ethhdr *request)
{
	__builtin_memcpy(reply->h_dest, request->h_source, ETH_ALEN);
	mac_addr_copy(reply->h_source, &gateway_mac);
	reply->h_proto = bpf_htons(ETH_P_IPV6);
}

static __always_inline void ndp_fill_ip(struct ndp_frame *frame,
					const struct ndp_checksummed *answer)
{
	frame->ip.version = 6;
	frame->ip.payload_len = bpf_htons(sizeof(frame->advertisement));
	frame->ip.nexthdr = IPPROTO_ICMPV6;
	frame->ip.hop_limit = NDP_HOP_LIMIT;
	__builtin_memcpy(&frame->ip.saddr, &answer->source, sizeof(answer->source));
	__builtin_memcpy(&frame->ip.daddr, &answer->destination, sizeof(answer->destination));
	frame->advertisement = answer->advertisement;
}

/*
 * Takes the link control that a pod sends: answers solicitations for its gateway, and drops the rest,
 * since there is nobody else on the pod's link. `type` is one of `ndp_is_link_control`.
 */
__noinline int ndp_answer(struct __sk_buff *skb, struct packet *packet, __u8 type)
{
	struct ndp_checksummed answer = {};
	struct ndp_frame frame = {};
	struct ndp_solicitation *solicitation;
	struct ethhdr *ethernet;

	if (!packet)
		return VERDICT_DROP;
	if (type != NDP_NEIGHBOUR_SOLICITATION)
		return verdict_drop(skb, packet->hook, REASON_LINK_CONTROL);
	solicitation = packet_need(skb, packet->transport_offset, sizeof(*solicitation));
	if (!solicitation)
		return verdict_drop(skb, packet->hook, REASON_TRUNCATED);
	if (!gateway_has(&solicitation->target))
		return verdict_drop(skb, packet->hook, REASON_LINK_CONTROL);
	if (packet->ttl != NDP_HOP_LIMIT || solicitation->icmp.icmp6_code)
		return verdict_drop(skb, packet->hook, REASON_BAD_HEADER);
	ethernet = packet_peek(skb, 0, sizeof(*ethernet));
	if (!ethernet)
		return verdict_drop(skb, packet->hook, REASON_TRUNCATED);

	ndp_fill_ethernet(&frame.ethernet, ethernet);
	ndp_advertise(&answer, &packet->tuple.source);
	ndp_fill_ip(&frame, &answer);
	if (bpf_skb_change_tail(skb, sizeof(frame), 0) ||
	    bpf_skb_store_bytes(skb, 0, &frame, sizeof(frame), 0))
		return verdict_drop(skb, packet->hook, REASON_REWRITE_FAILED);
	bpf_skb_change_type(skb, PACKET_HOST);
	counter_add(packet->hook, REASON_ANSWERED, sizeof(frame) - ETH_HLEN);
	return bpf_redirect_peer(skb->ifindex, 0);
}

#endif
