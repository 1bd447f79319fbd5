/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The least that a datapath can do with a packet: hand it to a pod that is known beforehand. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

const volatile __u32 target;

SEC("tcx/ingress")
int redirect_peer(struct __sk_buff *skb)
{
	(void)skb;
	return bpf_redirect_peer(target, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
