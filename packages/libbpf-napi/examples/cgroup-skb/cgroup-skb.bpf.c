/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Adds up what the processes of a cgroup receive and send. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__u64 received, sent;

SEC("cgroup_skb/ingress")
int count_received(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&received, skb->len);
	/* 1 lets the packet pass, 0 drops it. */
	return 1;
}

SEC("cgroup_skb/egress")
int count_sent(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&sent, skb->len);
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
