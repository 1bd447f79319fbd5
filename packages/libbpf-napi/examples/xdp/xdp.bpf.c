/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Counts the packets that come in, by IP protocol; everything else is under 255. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define NOT_IP 255

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} packets SEC(".maps");

static __u32 protocol_of(void *data, void *end)
{
	struct ethhdr *ethernet = data;

	if ((void *)(ethernet + 1) > end)
		return NOT_IP;
	if (ethernet->h_proto == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = (void *)(ethernet + 1);

		return (void *)(ip + 1) > end ? NOT_IP : ip->protocol;
	}
	if (ethernet->h_proto == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = (void *)(ethernet + 1);

		return (void *)(ip + 1) > end ? NOT_IP : ip->nexthdr;
	}
	return NOT_IP;
}

SEC("xdp")
int count(struct xdp_md *context)
{
	__u32 protocol = protocol_of((void *)(long)context->data, (void *)(long)context->data_end);
	__u64 *counter = bpf_map_lookup_elem(&packets, &protocol);

	if (counter)
		*counter += 1;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
