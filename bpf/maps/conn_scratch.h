/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_CONN_SCRATCH_H
#define HEDDLE_MAPS_CONN_SCRATCH_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/export.h"

/** Memory for what `connection_track` finds out about a packet, more than the 512 bytes of a program's stack hold. */
struct conn_scratch {
	__u64 word[64];
};

/** Who has it. */
enum scratch_user {
	/** A packet, from the beginning to the end. */
	SCRATCH_PACKET = 0,
	/** What user space runs, which a packet can interrupt. */
	SCRATCH_SWEEP = 1,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct conn_scratch);
} conn_scratch SEC(".maps") OWNER("conntrack");

#endif
