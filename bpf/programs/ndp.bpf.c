// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Answers ARP and neighbour discovery for addresses behind this host, without the rest of the dataplane.
 */
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include "../include/neighbour.h"
#include "../maps/ndp_addrs.h"
#include "../maps/ndp_counters.h"
#include "../maps/ndp_devices.h"

/*
 * Ingress of a device. What asks for no address of ours goes on to the next program and to the kernel, as
 * `TCX_NEXT` or `TC_ACT_UNSPEC`.
 */
SEC("tcx/ingress")
int ndp_answer_for(struct __sk_buff *skb)
{
	const struct ndp_speaker *speaker;
	__u32 ifindex = skb->ifindex;
	struct ip_addr target = {};
	int problem;

	/* A VLAN has a device of its own. */
	if (skb->vlan_present || skb->pkt_type == PACKET_OTHERHOST)
		return TC_ACT_UNSPEC;
	if (!neighbour_asked(skb, &target))
		return TC_ACT_UNSPEC;
	speaker = bpf_map_lookup_elem(&ndp_devices, &ifindex);
	if (!speaker || !bpf_map_lookup_elem(&ndp_addrs, &target)) {
		ndp_count(REASON_PASSED);
		return TC_ACT_UNSPEC;
	}
	problem = neighbour_answer(skb, speaker);
	if (problem) {
		ndp_count(problem);
		return TC_ACT_SHOT;
	}
	ndp_count(REASON_ANSWERED);
	return bpf_redirect(ifindex, 0);
}

/* Sends the frame that it is run with out of the device that it is run for. */
SEC("tc")
int ndp_send(struct __sk_buff *skb)
{
	return bpf_clone_redirect(skb, skb->ifindex, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
