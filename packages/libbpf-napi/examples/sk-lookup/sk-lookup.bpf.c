/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Gives one listening socket the connections to a whole range of ports. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

const volatile __u16 first, last;

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} listener SEC(".maps");

SEC("sk_lookup")
int choose(struct bpf_sk_lookup *context)
{
	struct bpf_sock *socket;
	__u32 key = 0;

	if (context->local_port < first || context->local_port > last)
		return SK_PASS;
	socket = bpf_map_lookup_elem(&listener, &key);
	if (!socket)
		return SK_PASS;
	/* Refused when it speaks another protocol; the usual lookup goes on then. */
	bpf_sk_assign(context, socket, 0);
	bpf_sk_release(socket);
	return SK_PASS;
}

char LICENSE[] SEC("license") = "GPL";
