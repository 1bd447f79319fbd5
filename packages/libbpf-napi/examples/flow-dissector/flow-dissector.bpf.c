/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Tells the kernel that a tunnel's packets between two hosts are one flow, whatever their source ports. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

const volatile __u16 port;
__u64 dissected;

SEC("flow_dissector")
int dissect(struct __sk_buff *skb)
{
	struct bpf_flow_keys *keys = skb->flow_keys;
	struct udphdr udp;
	struct iphdr ip;

	if (keys->n_proto != bpf_htons(ETH_P_IP) ||
	    bpf_skb_load_bytes(skb, keys->nhoff, &ip, sizeof(ip)) || ip.protocol != IPPROTO_UDP ||
	    bpf_skb_load_bytes(skb, keys->nhoff + ip.ihl * 4, &udp, sizeof(udp)) ||
	    udp.dest != bpf_htons(port))
		return BPF_FLOW_DISSECTOR_CONTINUE;
	keys->addr_proto = ETH_P_IP;
	keys->ipv4_src = ip.saddr;
	keys->ipv4_dst = ip.daddr;
	keys->ip_proto = ip.protocol;
	keys->thoff = keys->nhoff + ip.ihl * 4;
	keys->dport = udp.dest;
	__sync_fetch_and_add(&dissected, 1);
	return BPF_OK;
}

char LICENSE[] SEC("license") = "GPL";
