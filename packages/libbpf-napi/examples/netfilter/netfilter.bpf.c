/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Drops what comes from the addresses of a list. */
#include <linux/bpf.h>
#include <linux/ip.h>
#include <linux/netfilter.h>
#include <stddef.h>
#include <bpf/bpf_helpers.h>

/* The kernel's types, with the fields that are read; where these are is found out when it is loaded. */
struct sk_buff {
	unsigned char *head;
	__u16 network_header;
} __attribute__((preserve_access_index));

struct bpf_nf_ctx {
	struct sk_buff *skb;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u8[4]);
	__type(value, __u64);
} blocked SEC(".maps");

SEC("netfilter")
int block(struct bpf_nf_ctx *context)
{
	unsigned char *header = context->skb->head + context->skb->network_header;
	__u8 source[4];
	__u64 *packets;

	if (bpf_probe_read_kernel(source, 4, header + offsetof(struct iphdr, saddr)))
		return NF_ACCEPT;
	packets = bpf_map_lookup_elem(&blocked, source);
	if (!packets)
		return NF_ACCEPT;
	__sync_fetch_and_add(packets, 1);
	return NF_DROP;
}

char LICENSE[] SEC("license") = "GPL";
