/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_GATEWAY_H
#define HEDDLE_GATEWAY_H

#include "../maps/endpoints.h"
#include "neighbour.h"
#include "settings.h"
#include "verdict.h"

/* Why a frame of link control that asks for nobody is dropped. */
static __always_inline enum reason gateway_no_question(struct __sk_buff *skb)
{
	const __u8 *type;

	if (skb->protocol == bpf_htons(ETH_P_ARP))
		return skb->len < ETH_HLEN + sizeof(struct arp_ipv4) ? REASON_TRUNCATED
								     : REASON_ARP_TARGET;
	type = packet_need(skb, NDP_OFFSET, sizeof(*type));
	return !type || *type == NDP_NEIGHBOUR_SOLICITATION ? REASON_TRUNCATED
							    : REASON_LINK_CONTROL;
}

/*
 * Takes the link control that a pod sends. Requests for its gateway are answered, and those for other pods of
 * the node, who are behind the gateway; so is a pod that makes sure that nobody has its address. The rest is
 * dropped, since there is nobody else on the pod's link.
 */
__noinline int gateway_answer(struct __sk_buff *skb)
{
	struct ndp_speaker speaker = {.flags = NDP_SPEAKER_ROUTER};
	struct ip_addr target = {};
	int problem;

	if (!neighbour_asked(skb, &target))
		return verdict_drop(skb, HOOK_FROM_POD, gateway_no_question(skb));
	mac_addr_copy(speaker.mac.byte, &gateway_mac);
	if (gateway_has(&target)) {
		speaker.flags |= NDP_SPEAKER_OVERRIDE;
	} else {
		const struct endpoint *endpoint = endpoint_find(&target);

		if (!endpoint || endpoint->ifindex == skb->ifindex)
			return verdict_drop(skb, HOOK_FROM_POD,
					    ip_addr_is_ipv4(&target) ? REASON_ARP_TARGET
								     : REASON_LINK_CONTROL);
		for (int i = 0; i < 4; i++)
			speaker.source.word[i] = gateway_ipv6.word[i];
	}
	problem = neighbour_answer(skb, &speaker);
	if (problem)
		return verdict_drop(skb, HOOK_FROM_POD, problem);
	bpf_skb_change_type(skb, PACKET_HOST);
	counter_add(HOOK_FROM_POD, REASON_ANSWERED, skb->len - ETH_HLEN);
	return bpf_redirect_peer(skb->ifindex, 0);
}

#endif
