/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_ARP_H
#define HEDDLE_ARP_H

#include <linux/if_ether.h>
#include "address.h"
#include "bytes.h"
#include "reason.h"

/* Values of RFC 826; the kernel's header of them drags in the C library's. */
#define ARP_HARDWARE_ETHERNET 1
#define ARP_REQUEST 1
#define ARP_REPLY 2

/* ARP for IPv4 over Ethernet (RFC 826). */
struct arp_ipv4 {
	__be16 hardware;
	__be16 protocol;
	__u8 hardware_length;
	__u8 protocol_length;
	__be16 operation;
	__u8 sender_mac[ETH_ALEN];
	__u8 sender_ip[4];
	__u8 target_mac[ETH_ALEN];
	__u8 target_ip[4];
};

static __always_inline bool arp_is_request(const struct arp_ipv4 *arp)
{
	return arp->hardware == bpf_htons(ARP_HARDWARE_ETHERNET) &&
	       arp->protocol == bpf_htons(ETH_P_IP) && arp->hardware_length == ETH_ALEN &&
	       arp->protocol_length == 4 && arp->operation == bpf_htons(ARP_REQUEST);
}

/*
 * Reads for whose link-layer address a request asks. An announcement is a request that asks its own sender
 * (RFC 5227 section 2.3), and no question.
 */
static __always_inline bool arp_asked(struct __sk_buff *skb, struct ip_addr *target)
{
	struct arp_ipv4 *arp = packet_need(skb, ETH_HLEN, sizeof(*arp));
	__be32 ipv4;

	if (!arp || !arp_is_request(arp) ||
	    !__builtin_memcmp(arp->sender_ip, arp->target_ip, sizeof(arp->target_ip)))
		return false;
	__builtin_memcpy(&ipv4, arp->target_ip, sizeof(ipv4));
	ip_addr_set_ipv4(target, ipv4);
	return true;
}

/* Turns the request into the reply in its place, as if `mac` were its target's. Returns 0 or a reason. */
static __always_inline int arp_answer(struct __sk_buff *skb, const struct mac_addr *mac)
{
	struct ethhdr *ethernet = packet_need(skb, 0, ETH_HLEN + sizeof(struct arp_ipv4));
	struct arp_ipv4 *arp;
	__u8 target_ip[4];

	if (!ethernet)
		return REASON_TRUNCATED;
	arp = (void *)(ethernet + 1);
	__builtin_memcpy(ethernet->h_dest, ethernet->h_source, ETH_ALEN);
	__builtin_memcpy(target_ip, arp->target_ip, sizeof(target_ip));
	__builtin_memcpy(arp->target_mac, arp->sender_mac, ETH_ALEN);
	__builtin_memcpy(arp->target_ip, arp->sender_ip, sizeof(arp->target_ip));
	__builtin_memcpy(arp->sender_ip, target_ip, sizeof(target_ip));
	mac_addr_copy(ethernet->h_source, mac);
	mac_addr_copy(arp->sender_mac, mac);
	arp->operation = bpf_htons(ARP_REPLY);
	return 0;
}

#endif
