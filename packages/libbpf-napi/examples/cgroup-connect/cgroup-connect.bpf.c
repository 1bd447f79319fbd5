/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Sends connections to one port of this machine to another one. */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define LOOPBACK 0x7f000001

const volatile __u16 from, to;
__u64 redirected;

SEC("cgroup/connect4")
int redirect(struct bpf_sock_addr *context)
{
	if (context->user_ip4 != bpf_htonl(LOOPBACK) || context->user_port != bpf_htons(from))
		return 1;
	context->user_port = bpf_htons(to);
	__sync_fetch_and_add(&redirected, 1);
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
