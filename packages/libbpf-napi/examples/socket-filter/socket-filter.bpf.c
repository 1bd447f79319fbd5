/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Lets a socket have only packets of which few routers, or none, have taken a hop (RFC 5082). */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Where the hop limit is in the headers of IPv4 and IPv6. */
#define TTL_OFFSET 8
#define HOP_LIMIT_OFFSET 7

const volatile __u8 least = 255;

__u64 dropped;

SEC("socket")
int near_only(struct __sk_buff *skb)
{
	__u8 first, left;
	__u32 offset;

	/* The packet begins with its transport header here. */
	if (bpf_skb_load_bytes_relative(skb, 0, &first, 1, BPF_HDR_START_NET))
		return 0;
	offset = first >> 4 == 4 ? TTL_OFFSET : HOP_LIMIT_OFFSET;
	if (bpf_skb_load_bytes_relative(skb, offset, &left, 1, BPF_HDR_START_NET))
		return 0;
	if (left >= least)
		return skb->len;
	__sync_fetch_and_add(&dropped, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
