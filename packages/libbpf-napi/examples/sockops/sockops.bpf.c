/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Tells of each TCP connection when it ends. */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct connection {
	__u64 sent, received;
	__u32 local_port, remote_port;
	/* Smoothed round trip time in microseconds. */
	__u32 round_trip;
	__u32 retransmitted;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} ended SEC(".maps");

static void report(struct bpf_sock_ops *context)
{
	struct connection *connection = bpf_ringbuf_reserve(&ended, sizeof(*connection), 0);

	if (!connection)
		return;
	connection->sent = context->bytes_acked;
	connection->received = context->bytes_received;
	connection->local_port = context->local_port;
	connection->remote_port = bpf_ntohl(context->remote_port);
	connection->round_trip = context->srtt_us >> 3;
	connection->retransmitted = context->total_retrans;
	bpf_ringbuf_submit(connection, 0);
}

SEC("sockops")
int watch(struct bpf_sock_ops *context)
{
	switch (context->op) {
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		bpf_sock_ops_cb_flags_set(context, BPF_SOCK_OPS_STATE_CB_FLAG);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		if (context->args[1] == BPF_TCP_CLOSE)
			report(context);
		break;
	}
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
