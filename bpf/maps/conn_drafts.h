/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_CONN_DRAFTS_H
#define HEDDLE_MAPS_CONN_DRAFTS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/export.h"

/** Memory for what the slow path finds out about a packet, more than the 512 bytes of a program's stack hold. */
struct conn_draft {
	__u64 word[64];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct conn_draft);
} conn_drafts SEC(".maps") OWNER("conntrack");

#endif
