/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* A program that asks a function what to do, and another function to put in its place. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

__u64 asked;

/* What is to be replaced is a global function; being weak, the compiler foresees nothing of what it does. */
__weak int decide(struct xdp_md *context)
{
	return XDP_PASS;
}

SEC("xdp")
int ask(struct xdp_md *context)
{
	__sync_fetch_and_add(&asked, 1);
	return decide(context);
}

/* Lets ARP and IPv6 pass, and nothing else. */
SEC("freplace")
int no_ipv4(struct xdp_md *context)
{
	struct ethhdr *ethernet = (void *)(long)context->data;

	if ((void *)(ethernet + 1) > (void *)(long)context->data_end)
		return XDP_DROP;
	return ethernet->h_proto == bpf_htons(ETH_P_IP) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
