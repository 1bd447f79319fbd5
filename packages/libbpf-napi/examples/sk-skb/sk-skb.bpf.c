/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Hands what comes in at a socket to the one that it is paired with. */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* A connection of this machine, by its ports. */
struct ends {
	__u32 local, remote;
};

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 1024);
	__type(key, struct ends);
	__type(value, __u64);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct ends);
	__type(value, struct ends);
} pairs SEC(".maps");

__u64 forwarded;

SEC("sk_skb/verdict")
int forward(struct __sk_buff *skb)
{
	struct ends ends = {.local = skb->local_port, .remote = bpf_ntohl(skb->remote_port)};
	struct ends *pair = bpf_map_lookup_elem(&pairs, &ends);

	if (!pair)
		return SK_PASS;
	__sync_fetch_and_add(&forwarded, skb->len);
	return bpf_sk_redirect_hash(skb, &sockets, pair, 0);
}

char LICENSE[] SEC("license") = "GPL";
