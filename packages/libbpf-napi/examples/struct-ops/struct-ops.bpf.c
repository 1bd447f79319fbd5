/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* A congestion control that always has the same number of packets on their way. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* `TCP_CONG_NON_RESTRICTED`: who may not administer the network may use it, too. */
#define NON_RESTRICTED 1

struct sock;

struct tcp_sock {
	__u32 snd_cwnd;
} __attribute__((preserve_access_index));

struct tcp_congestion_ops {
	void (*init)(struct sock *sock);
	__u32 (*ssthresh)(struct sock *sock);
	void (*cong_avoid)(struct sock *sock, __u32 acknowledged, __u32 in_flight);
	__u32 (*undo_cwnd)(struct sock *sock);
	__u32 flags;
	char name[16];
};

const volatile __u32 window = 20;
__u64 connections;

SEC("struct_ops")
void BPF_PROG(begin, struct sock *sock)
{
	__sync_fetch_and_add(&connections, 1);
	((struct tcp_sock *)sock)->snd_cwnd = window;
}

SEC("struct_ops")
__u32 BPF_PROG(threshold, struct sock *sock)
{
	return window;
}

SEC("struct_ops")
void BPF_PROG(avoid, struct sock *sock, __u32 acknowledged, __u32 in_flight)
{
	((struct tcp_sock *)sock)->snd_cwnd = window;
}

SEC("struct_ops")
__u32 BPF_PROG(undo, struct sock *sock)
{
	return window;
}

SEC(".struct_ops.link")
struct tcp_congestion_ops fixed_window = {
	.init = (void *)begin,
	.ssthresh = (void *)threshold,
	.cong_avoid = (void *)avoid,
	.undo_cwnd = (void *)undo,
	.flags = NON_RESTRICTED,
	.name = "fixed_window",
};

char LICENSE[] SEC("license") = "GPL";
