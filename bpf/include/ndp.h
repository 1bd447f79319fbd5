/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_NDP_H
#define HEDDLE_NDP_H

#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ipv6.h>
#include "address.h"
#include "bytes.h"
#include "checksum.h"
#include "reason.h"
#include "speaker.h"

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

#define NDP_SOURCE_LINK_LAYER_ADDRESS 1
#define NDP_TARGET_LINK_LAYER_ADDRESS 2
#define NDP_HOP_LIMIT 255

/*
 * Where a message lies in its frame. One behind extension headers is not looked at: nobody has a use for them
 * here, and with one for fragments it would have to be ignored (RFC 6980 section 5).
 */
#define NDP_OFFSET (ETH_HLEN + sizeof(struct ipv6hdr))

/* Options are counted in units of eight bytes (RFC 4861 section 4.6). */
#define NDP_UNIT 8
/* What is looked through of a message, in units; one that is signed (RFC 3971) has about half of it. */
#define NDP_MAX_UNITS 128
/* How many options are looked through; no defined use of a solicitation has more than six. */
#define NDP_MAX_OPTIONS 16

/* The fixed part of a neighbour solicitation (RFC 4861 section 4.3). */
struct ndp_solicitation {
	struct icmp6hdr icmp;
	struct ip_addr target;
};

/* An option's beginning, or any eight bytes of a message. */
struct ndp_unit {
	union {
		struct {
			__u8 type;
			/* Of the whole option, in units. */
			__u8 length;
		};
		__be32 word[2];
	};
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

/* Reads for whose link-layer address a solicitation asks. */
static __always_inline bool ndp_asked(struct __sk_buff *skb, struct ip_addr *target)
{
	const struct ipv6hdr *ip = packet_need(skb, ETH_HLEN,
					       sizeof(*ip) + sizeof(struct ndp_solicitation));
	const struct ndp_solicitation *solicitation;

	if (!ip || ip->version != 6 || ip->nexthdr != IPPROTO_ICMPV6)
		return false;
	solicitation = (const void *)(ip + 1);
	if (solicitation->icmp.icmp6_type != NDP_NEIGHBOUR_SOLICITATION)
		return false;
	*target = solicitation->target;
	return true;
}

/* ff02::1:ff00:0/104 (RFC 4291 section 2.7.1). */
static __always_inline bool ndp_is_solicited_node(const struct in6_addr *address)
{
	const __be32 *word = address->in6_u.u6_addr32;

	return word[0] == bpf_htonl(0xff020000) && !word[1] && word[2] == bpf_htonl(1) &&
	       (bpf_ntohl(word[3]) >> 24) == 0xff;
}

/* Walks the options of a message whose length is a number of whole units. */
static __always_inline int ndp_options_problem(const struct __sk_buff *skb, __u32 length,
					       bool from_nobody)
{
	__u32 at = sizeof(struct ndp_solicitation);

	for (int i = 0; i < NDP_MAX_OPTIONS; i++) {
		const struct ndp_unit *option;

		if (at >= length)
			break;
		option = packet_peek(skb, NDP_OFFSET + at, sizeof(*option));
		if (!option)
			return REASON_TRUNCATED;
		if (!option->length)
			return REASON_BAD_OPTION;
		if (from_nobody && option->type == NDP_SOURCE_LINK_LAYER_ADDRESS)
			return REASON_BAD_OPTION;
		at += option->length * NDP_UNIT;
	}
	return at == length ? 0 : REASON_BAD_OPTION;
}

/*
 * Why a solicitation is silently discarded, or 0 (RFC 4861 section 7.1.1). That its target is no multicast
 * address is seen to by whoever looks the target up.
 */
static __always_inline int ndp_solicitation_problem(struct __sk_buff *skb)
{
	const __u32 smallest = sizeof(struct ndp_solicitation);
	const struct ipv6hdr *ip = packet_need(skb, ETH_HLEN, sizeof(*ip));
	const struct ndp_solicitation *solicitation;
	bool from_nobody;
	__u32 length;
	__u64 pseudo;
	int sum;

	if (!ip)
		return REASON_TRUNCATED;
	length = bpf_ntohs(ip->payload_len);
	if (length < smallest || NDP_OFFSET + length > skb->len)
		return REASON_TRUNCATED;
	if (length % NDP_UNIT || length > NDP_MAX_UNITS * NDP_UNIT)
		return REASON_BAD_OPTION;
	if (bpf_skb_pull_data(skb, NDP_OFFSET + length))
		return REASON_TRUNCATED;
	ip = packet_peek(skb, ETH_HLEN, sizeof(*ip) + smallest);
	if (!ip)
		return REASON_TRUNCATED;
	solicitation = (const void *)(ip + 1);
	if (ip->hop_limit != NDP_HOP_LIMIT)
		return REASON_HOP_LIMIT;
	if (solicitation->icmp.icmp6_code)
		return REASON_BAD_HEADER;
	from_nobody = ip_addr_is_unspecified((const void *)&ip->saddr);
	if (from_nobody && !ndp_is_solicited_node(&ip->daddr))
		return REASON_BAD_HEADER;
	pseudo = checksum_pseudo_header((const void *)&ip->saddr, (const void *)&ip->daddr,
					IPPROTO_ICMPV6, length);
	sum = checksum_bytes(skb, NDP_OFFSET, length);
	if (sum < 0 || checksum_fold(pseudo + sum) != 0xffff)
		return REASON_CHECKSUM;
	return ndp_options_problem(skb, length, from_nobody);
}

static __always_inline __sum16 ndp_checksum(struct ndp_checksummed *data)
{
	return ~checksum_fold((__u32)bpf_csum_diff(NULL, 0, (__be32 *)data, sizeof(*data), 0));
}

/*
 * The advertisement that answers. A solicitation from the unspecified address is duplicate address
 * detection, which is answered to all nodes and unsolicited (RFC 4861 section 7.2.4).
 */
static __always_inline void ndp_advertise(struct ndp_checksummed *answer,
					  const struct ndp_speaker *speaker)
{
	struct ndp_advertisement *advertisement = &answer->advertisement;

	answer->source = ip_addr_is_unspecified(&speaker->source) ? advertisement->target
								  : speaker->source;
	if (speaker->flags & NDP_SPEAKER_ROUTER)
		advertisement->flags |= NDP_ROUTER;
	if (speaker->flags & NDP_SPEAKER_OVERRIDE)
		advertisement->flags |= NDP_OVERRIDE;
	if (ip_addr_is_unspecified(&answer->destination)) {
		answer->destination.word[0] = bpf_htonl(0xff020000);
		answer->destination.word[3] = bpf_htonl(1);
	} else {
		advertisement->flags |= NDP_SOLICITED;
	}
	answer->length = bpf_htonl(sizeof(*advertisement));
	answer->next_header = bpf_htonl(IPPROTO_ICMPV6);
	advertisement->type = NDP_NEIGHBOUR_ADVERTISEMENT;
	advertisement->option = NDP_TARGET_LINK_LAYER_ADDRESS;
	advertisement->option_length = 1;
	advertisement->mac = speaker->mac;
	advertisement->checksum = ndp_checksum(answer);
}

/* Back to where the solicitation came from, or to the MAC address of all nodes (RFC 2464 section 7). */
static __always_inline void ndp_fill_ethernet(struct ethhdr *reply, const __u8 *solicitor,
					      const struct ndp_checksummed *answer)
{
	if (ip_addr_is_multicast(&answer->destination)) {
		reply->h_dest[0] = reply->h_dest[1] = 0x33;
		__builtin_memcpy(reply->h_dest + 2, &answer->destination.word[3], 4);
	} else {
		__builtin_memcpy(reply->h_dest, solicitor, ETH_ALEN);
	}
	__builtin_memcpy(reply->h_source, answer->advertisement.mac.byte, ETH_ALEN);
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

/* Puts the answer into the place of a solicitation without a problem. Returns 0 or a reason. */
__noinline int ndp_answer(struct __sk_buff *skb, const struct ndp_speaker *speaker)
{
	struct ndp_checksummed answer = {};
	struct ndp_frame frame = {};
	const struct ndp_solicitation *solicitation;
	const struct ethhdr *ethernet = packet_peek(skb, 0, NDP_OFFSET + sizeof(*solicitation));
	const struct ipv6hdr *ip;

	if (!ethernet || !speaker)
		return REASON_TRUNCATED;
	ip = (const void *)(ethernet + 1);
	solicitation = (const void *)(ip + 1);
	__builtin_memcpy(&answer.destination, &ip->saddr, sizeof(answer.destination));
	answer.advertisement.target = solicitation->target;
	ndp_advertise(&answer, speaker);
	ndp_fill_ethernet(&frame.ethernet, ethernet->h_source, &answer);
	ndp_fill_ip(&frame, &answer);
	if (bpf_skb_change_tail(skb, sizeof(frame), 0) ||
	    bpf_skb_store_bytes(skb, 0, &frame, sizeof(frame), 0))
		return REASON_REWRITE_FAILED;
	return 0;
}

#endif
