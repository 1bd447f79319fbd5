/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_NEIGHBOUR_H
#define HEDDLE_NEIGHBOUR_H

#include <linux/if_ether.h>
#include "address.h"
#include "arp.h"
#include "ndp.h"

/*
 * Requests for a neighbour's link-layer address, by ARP or by neighbour discovery. No function here knows
 * whose addresses there are: whoever asks them does.
 */

/* Reads for whose link-layer address the frame asks. False when it does not ask, or is cut short. */
static __always_inline bool neighbour_asked(struct __sk_buff *skb, struct ip_addr *target)
{
	if (skb->protocol == bpf_htons(ETH_P_ARP))
		return arp_asked(skb, target);
	return skb->protocol == bpf_htons(ETH_P_IPV6) && ndp_asked(skb, target);
}

/*
 * Turns a request into its answer, after which the frame may go back to where it came from. Returns 0, or
 * the reason to discard the request.
 */
__noinline int neighbour_answer(struct __sk_buff *skb, const struct ndp_speaker *speaker)
{
	int problem;

	if (!speaker)
		return REASON_REWRITE_FAILED;
	if (skb->protocol == bpf_htons(ETH_P_ARP))
		return arp_answer(skb, &speaker->mac);
	problem = ndp_solicitation_problem(skb);
	if (problem)
		return problem;
	return ndp_answer(skb, speaker);
}

#endif
