// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Links of the lab that lose, repeat, reorder and delay packets, at the ports of its switch. What is to be
 * held goes to user space, the delay line, and comes back by `impair_emit`.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>
#include "../maps/impairments.h"

/* On a packet whose fate is decided. Ports see no other mark: it does not leave a namespace. */
#define IMPAIR_DECIDED 0x1a6

/* What is drawn for a packet. */
enum impair_draw {
	DRAW_LOSS = 0,
	DRAW_DUPLICATE = 1,
	DRAW_REORDER = 2,
	DRAWS = 4,
};

/*
 * The draw of the n-th packet, of 2^32: SplitMix64 (Steele, Lea, Flood 2014) at a place of its sequence, so
 * that processors share nothing but the count.
 */
static __always_inline __u64 impair_draw(__u64 seed, __u64 n, enum impair_draw draw)
{
	__u64 z = seed + (n * DRAWS + draw + 1) * 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (z ^ (z >> 31)) >> 32;
}

static __always_inline long impair_send(struct __sk_buff *skb, const struct impair_place *place)
{
	long error;

	skb->mark = IMPAIR_DECIDED;
	error = bpf_clone_redirect(skb, place->ifindex,
				   place->direction == IMPAIR_FROM ? BPF_F_INGRESS : 0);
	skb->mark = 0;
	return error;
}

/* Hands the packet to the delay line; false when there is no room. */
static __always_inline bool impair_hold(struct __sk_buff *skb, const struct impair_place *place,
					__u64 deadline)
{
	/* The last byte, and not the length: see event_fill. */
	__u64 last = skb->len - 1ULL;
	__u32 zero = 0;
	struct impair_held *held = bpf_map_lookup_elem(&impair_scratch, &zero);

	if (!held)
		return false;
	held->deadline = deadline;
	held->place = *place;
	barrier_var(last);
	if (last >= IMPAIR_FRAME || bpf_skb_load_bytes(skb, 0, held->frame, last + 1))
		return false;
	return !bpf_ringbuf_output(&impair_line, held,
				   __builtin_offsetof(struct impair_held, frame) + last + 1, 0);
}

/* What becomes of a packet that is not lost. */
static __always_inline int impair_pass(struct __sk_buff *skb, const struct impair_place *place,
				       const struct impairment *how, struct impair_count *count,
				       __u64 n)
{
	bool twice = impair_draw(how->seed, n, DRAW_DUPLICATE) < how->duplicate;
	__u64 hold = how->delay, deadline;

	if (twice)
		__sync_fetch_and_add(&count->duplicated, 1);
	if (impair_draw(how->seed, n, DRAW_REORDER) < how->reorder) {
		__sync_fetch_and_add(&count->reordered, 1);
		hold += how->gap;
	}
	if (!hold) {
		if (twice)
			impair_send(skb, place);
		return TC_ACT_UNSPEC;
	}
	deadline = bpf_ktime_get_ns() + hold;
	if (!impair_hold(skb, place, deadline))
		__sync_fetch_and_add(&count->overflowed, 1);
	if (twice && !impair_hold(skb, place, deadline))
		__sync_fetch_and_add(&count->overflowed, 1);
	return TC_ACT_STOLEN;
}

static __always_inline int impair(struct __sk_buff *skb, enum impair_direction direction)
{
	struct impair_place place = {.ifindex = skb->ifindex, .direction = direction};
	struct impair_count *count;
	struct impairment *how;
	__u64 n;

	if (skb->mark == IMPAIR_DECIDED) {
		skb->mark = 0;
		return TC_ACT_UNSPEC;
	}
	how = bpf_map_lookup_elem(&impairments, &place);
	count = bpf_map_lookup_elem(&impair_counts, &place);
	if (!how || !count)
		return TC_ACT_UNSPEC;
	n = __sync_fetch_and_add(&count->packets, 1);
	if (impair_draw(how->seed, n, DRAW_LOSS) < how->loss) {
		__sync_fetch_and_add(&count->lost, 1);
		return TC_ACT_SHOT;
	}
	return impair_pass(skb, &place, how, count, n);
}

/* Ingress of a port: what the host sends. */
SEC("tc")
int impair_from(struct __sk_buff *skb)
{
	return impair(skb, IMPAIR_FROM);
}

/* Egress of a port: what the host gets. */
SEC("tc")
int impair_to(struct __sk_buff *skb)
{
	return impair(skb, IMPAIR_TO);
}

/*
 * Run by the delay line with a frame that was held, and its place in `cb`: lets the frame go on where it was
 * taken from.
 */
SEC("tc")
int impair_emit(struct __sk_buff *skb)
{
	struct impair_place place = {
		.ifindex = skb->cb[0],
		.direction = skb->cb[1] ? IMPAIR_TO : IMPAIR_FROM,
	};

	return impair_send(skb, &place);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
