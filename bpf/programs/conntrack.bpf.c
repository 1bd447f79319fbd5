// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Connection tracking alone: programs that follow what passes a device and let everything pass, and those that sweep
 * and flush the table. Whatever else is attached runs after them.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include "../include/sweep.h"
#include "../include/track.h"

/** Whether the packets that pass are those to services' own addresses, of which only the client's side is seen. */
const volatile __u32 track_services = 0;

static __always_inline int track_and_pass(struct __sk_buff *skb)
{
	track(skb, track_services ? SCOPE_SERVICE : SCOPE_CONNECTION);
	return TC_ACT_UNSPEC;
}

/* Ingress of a device. */
SEC("tcx/ingress")
int track_ingress(struct __sk_buff *skb)
{
	return track_and_pass(skb);
}

/* Egress of a device. */
SEC("tcx/egress")
int track_egress(struct __sk_buff *skb)
{
	return track_and_pass(skb);
}

/* Removes what is dead. */
SEC("syscall")
int conn_sweep(struct connection_sweep *argument)
{
	return sweep_run(argument, false);
}

/* Removes what a filter means. */
SEC("syscall")
int conn_flush(struct connection_sweep *argument)
{
	return sweep_run(argument, true);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
