/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Drops what a pod sends by IPv4 from an address that is not its own. Verdicts are those of tcx. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <stddef.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

const volatile __u8 address[4];
__u64 spoofed;

SEC("netkit/peer")
int only_own(struct __sk_buff *skb)
{
	__u8 source[4];

	if (skb->protocol != bpf_htons(ETH_P_IP))
		return TCX_NEXT;
	if (bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, saddr), source, 4))
		return TCX_DROP;
	for (int i = 0; i < 4; i++) {
		if (source[i] == address[i])
			continue;
		__sync_fetch_and_add(&spoofed, 1);
		return TCX_DROP;
	}
	return TCX_NEXT;
}

char LICENSE[] SEC("license") = "GPL";
