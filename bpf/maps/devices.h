/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_DEVICES_H
#define HEDDLE_MAPS_DEVICES_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/export.h"

/** A device of the node that packets may leave by without the node's stack. */
struct device {
	/** Largest IP packet that it takes, in bytes. */
	__u32 mtu;
};

/** The node's devices that carry our programs, by interface index. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct device);
} devices SEC(".maps") OWNER("datapath");

#endif
