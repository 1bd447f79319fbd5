/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_NDP_DEVICES_H
#define HEDDLE_MAPS_NDP_DEVICES_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/export.h"
#include "../include/speaker.h"

EXPORT(enum ndp_speaker_flag, "ipv6-ndp");

/** The devices on which this host answers for addresses that are behind it, by interface index. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct ndp_speaker);
} ndp_devices SEC(".maps") OWNER("ipv6-ndp");

#endif
