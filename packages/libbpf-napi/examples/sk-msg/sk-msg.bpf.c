/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Takes what a process sends to another of this machine straight to the other's socket. */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define AF_INET 2

struct connection {
	__u32 local_address, remote_address;
	__u32 local_port, remote_port;
};

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 4096);
	__type(key, struct connection);
	__type(value, __u64);
} sockets SEC(".maps");

__u64 shortcut;

SEC("sockops")
int collect(struct bpf_sock_ops *context)
{
	struct connection key;

	if (context->family != AF_INET || (context->op != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB &&
					   context->op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB))
		return 1;
	key.local_address = context->local_ip4;
	key.remote_address = context->remote_ip4;
	key.local_port = context->local_port;
	key.remote_port = bpf_ntohl(context->remote_port);
	bpf_sock_hash_update(context, &sockets, &key, BPF_NOEXIST);
	return 1;
}

SEC("sk_msg")
int to_peer(struct sk_msg_md *message)
{
	/* The other end's connection is this one's, seen from there. */
	struct connection peer = {
		.local_address = message->remote_ip4,
		.remote_address = message->local_ip4,
		.local_port = bpf_ntohl(message->remote_port),
		.remote_port = message->local_port,
	};

	if (bpf_msg_redirect_hash(message, &sockets, &peer, BPF_F_INGRESS) == SK_PASS)
		__sync_fetch_and_add(&shortcut, message->size);
	/* Without a peer here, it goes the usual way. */
	return SK_PASS;
}

char LICENSE[] SEC("license") = "GPL";
