/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Adds up the bytes that leave, by their IPv4 destination. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <stddef.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u8[4]);
	__type(value, __u64);
} sent SEC(".maps");

SEC("tc")
int account(struct __sk_buff *skb)
{
	__u64 *bytes, length = skb->len;
	__u8 address[4];

	if (skb->protocol != bpf_htons(ETH_P_IP) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, daddr), address, 4))
		return TC_ACT_UNSPEC;
	bytes = bpf_map_lookup_elem(&sent, address);
	if (bytes)
		__sync_fetch_and_add(bytes, length);
	else
		bpf_map_update_elem(&sent, address, &length, BPF_NOEXIST);
	/* The next filter decides. */
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
