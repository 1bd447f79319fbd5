/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Writes a line for each IPv4 socket of TCP. */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define AF_INET 2

struct seq_file;

/* The kernel's types, with the fields that are read; where these are is found out when it is loaded. */
struct bpf_iter_meta {
	struct seq_file *seq;
} __attribute__((preserve_access_index));

struct sock_common {
	__be32 skc_daddr, skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
} __attribute__((preserve_access_index));

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
	unsigned int uid;
} __attribute__((preserve_access_index));

SEC("iter/tcp")
int list(struct bpf_iter__tcp *context)
{
	struct sock_common *socket = context->sk_common;

	if (!socket || socket->skc_family != AF_INET)
		return 0;
	BPF_SEQ_PRINTF(context->meta->seq, "%d %pI4 %d %pI4 %d %d\n", socket->skc_state,
		       &socket->skc_rcv_saddr, socket->skc_num, &socket->skc_daddr,
		       bpf_ntohs(socket->skc_dport), context->uid);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
