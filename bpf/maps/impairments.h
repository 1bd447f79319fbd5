/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_IMPAIRMENTS_H
#define HEDDLE_MAPS_IMPAIRMENTS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/export.h"

/** The bounds of what can be impaired. */
enum impair_bound {
	/** Ports with both directions: 35 hosts with two devices are 140. */
	IMPAIR_PLACES = 256,
	/** Bytes of a frame that can be held: more than a test run takes (3710) would not get out again. */
	IMPAIR_FRAME = 3514,
};
EXPORT(enum impair_bound, "lab");

/** A direction of a host's link, as the host sees it. */
enum impair_direction : __u8 {
	/** What the host sends: the ingress of its port. */
	IMPAIR_FROM = 0,
	/** What the host gets: the egress of its port. */
	IMPAIR_TO = 1,
};
EXPORT(enum impair_direction, "lab");

/** What is impaired: one direction of a port of the lab's switch. */
struct impair_place {
	/** The port's index. */
	__u32 ifindex;
	enum impair_direction direction;
	__u8 reserved[3];
};

/** How packets are impaired. Shares are of 2^32. */
struct impairment {
	/** The fate of the n-th packet is a function of this and n alone. */
	__u64 seed;
	/** For how long every packet is held, in nanoseconds. */
	__u64 delay;
	/** For how much longer a packet is held that later ones are to overtake, in nanoseconds. */
	__u64 gap;
	/** The share of packets that are lost. */
	__u64 loss;
	/** The share of the others that come twice. */
	__u64 duplicate;
	/** The share of the others that are held for longer. */
	__u64 reorder;
};

/** Impaired places; others are left alone. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IMPAIR_PLACES);
	__type(key, struct impair_place);
	__type(value, struct impairment);
} impairments SEC(".maps") OWNER("lab");

/** What became of the packets of a place, since its impairment was set. */
struct impair_count {
	__u64 packets;
	__u64 lost;
	__u64 duplicated;
	__u64 reordered;
	/** Lost since they could not be held: too large, or too many at once. */
	__u64 overflowed;
};

/** Counts of the places in `impairments`. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IMPAIR_PLACES);
	__type(key, struct impair_place);
	__type(value, struct impair_count);
} impair_counts SEC(".maps") OWNER("lab");

/** A frame that is held. A record ends with the frame's last byte. */
struct impair_held {
	/** When it goes on, in nanoseconds of CLOCK_MONOTONIC. */
	__u64 deadline;
	/** Where it was taken from. */
	struct impair_place place;
	__u8 frame[IMPAIR_FRAME];
	__u8 reserved[6];
};

/** Frames to be held, on their way to the delay line. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 23);
	EVENT(struct impair_held);
} impair_line SEC(".maps") OWNER("lab");

/** Where a record is put together. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct impair_held);
} impair_scratch SEC(".maps") OWNER("lab");

#endif
