/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_ARP_H
#define HEDDLE_ARP_H

#include "packet.h"
#include "settings.h"
#include "verdict.h"

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

/* Turns the request into the reply in its place. */
static __always_inline void arp_make_reply(struct ethhdr *ethernet, struct arp_ipv4 *arp)
{
	__be32 gateway = gateway_ipv4.word[3];

	__builtin_memcpy(ethernet->h_dest, ethernet->h_source, ETH_ALEN);
	__builtin_memcpy(arp->target_mac, arp->sender_mac, ETH_ALEN);
	__builtin_memcpy(arp->target_ip, arp->sender_ip, sizeof(arp->target_ip));
	__builtin_memcpy(arp->sender_ip, &gateway, sizeof(arp->sender_ip));
	mac_addr_copy(ethernet->h_source, &gateway_mac);
	mac_addr_copy(arp->sender_mac, &gateway_mac);
	arp->operation = bpf_htons(ARP_REPLY);
}

/* Answers a pod's request for its gateway; there is nobody else on its link. */
static __always_inline int arp_answer(struct __sk_buff *skb, enum hook hook)
{
	__u32 gateway = gateway_ipv4.word[3];
	struct ethhdr *ethernet;
	struct arp_ipv4 *arp;

	if (!packet_need(skb, 0, ETH_HLEN + sizeof(*arp)))
		return verdict_drop(skb, hook, REASON_TRUNCATED);
	ethernet = packet_peek(skb, 0, ETH_HLEN + sizeof(*arp));
	if (!ethernet)
		return verdict_drop(skb, hook, REASON_TRUNCATED);
	arp = (void *)(ethernet + 1);
	if (!arp_is_request(arp) || __builtin_memcmp(arp->target_ip, &gateway, sizeof(gateway)))
		return verdict_drop(skb, hook, REASON_ARP_TARGET);
	arp_make_reply(ethernet, arp);
	counter_add(hook, REASON_ANSWERED, skb->len - ETH_HLEN);
	return bpf_redirect_peer(skb->ifindex, 0);
}

#endif
