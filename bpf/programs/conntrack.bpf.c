// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Connection tracking alone: programs that follow what passes a device, give it another source where that is wanted, and
 * let everything else pass; and those that sweep and flush the table. Whatever else is attached runs after them.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include "../include/conntrack.h"
#include "../include/sweep.h"
#include "../include/translate.h"

/** Whether the packets that pass are those to services' own addresses, of which only the client's side is seen. */
const volatile __u32 track_services = 0;

/*
 * Sources are translated on the way out, and answers back on the way in. What should leave with another source and cannot
 * is dropped.
 */
static __always_inline int track_and_pass(struct __sk_buff *skb, enum translated_end end)
{
	struct translation to = {
		.end = end == TRANSLATED_SOURCE ? end : TRANSLATED_NONE,
		.ifindex = skb->ifindex,
	};
	struct observation *seen = track_room();
	int outcome;

	if (!seen)
		return TC_ACT_SHOT;
	outcome = track_to(skb, track_services ? SCOPE_SERVICE : SCOPE_CONNECTION, seen, &to);

	if (to.end == end)
		return translate(skb, seen, &to) ? TC_ACT_SHOT : TC_ACT_UNSPEC;
	if (end == TRANSLATED_SOURCE && outcome > OUTCOME_RELATED && nat_leaks(skb, skb->ifindex)) {
		conn_counter_add(CONN_COUNTER_LEAKS);
		return TC_ACT_SHOT;
	}
	return TC_ACT_UNSPEC;
}

/* Ingress of a device. */
SEC("tcx/ingress")
int track_ingress(struct __sk_buff *skb)
{
	return track_and_pass(skb, TRANSLATED_DESTINATION);
}

/* Egress of a device. */
SEC("tcx/egress")
int track_egress(struct __sk_buff *skb)
{
	return track_and_pass(skb, TRANSLATED_SOURCE);
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
