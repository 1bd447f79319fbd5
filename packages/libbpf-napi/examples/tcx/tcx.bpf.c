/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Drops what comes in for one port of TCP or UDP. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

const volatile __u16 port;
__u64 dropped;

/* Where the ports are, or 0 for what has none. Extension headers of IPv6 count as none. */
static __u32 find_ports(struct __sk_buff *skb)
{
	struct ipv6hdr ip6;
	struct iphdr ip;

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)))
			return 0;
		if (ip.protocol != IPPROTO_TCP && ip.protocol != IPPROTO_UDP)
			return 0;
		return ETH_HLEN + ip.ihl * 4;
	}
	if (skb->protocol != bpf_htons(ETH_P_IPV6) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN, &ip6, sizeof(ip6)))
		return 0;
	if (ip6.nexthdr != IPPROTO_TCP && ip6.nexthdr != IPPROTO_UDP)
		return 0;
	return ETH_HLEN + sizeof(ip6);
}

SEC("tcx/ingress")
int drop_port(struct __sk_buff *skb)
{
	__u32 offset = find_ports(skb);
	__be16 ports[2];

	if (!offset || bpf_skb_load_bytes(skb, offset, ports, sizeof(ports)))
		return TCX_NEXT;
	if (ports[1] != bpf_htons(port))
		return TCX_NEXT;
	__sync_fetch_and_add(&dropped, 1);
	return TCX_DROP;
}

char LICENSE[] SEC("license") = "GPL";
