/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_WAY_H
#define HEDDLE_WAY_H

#include "../maps/connections.h"
#include "../maps/epochs.h"
#include "hook.h"
#include "settings.h"

/* The sum of the epochs that a way was decided under, as they are now. Slot 0 is that of routes. */
static __always_inline __u32 way_epochs(const struct connection_way *way)
{
	return epoch_of(EPOCH_ROUTES) + epoch_of(way->source_slot) + epoch_of(way->target_slot);
}

/* Whether the decision is for packets that the hook sees at that device, and still stands. */
static __always_inline bool way_is_current(const struct connection_way *way, enum hook hook,
					   __u32 ifindex, __u64 jiffy)
{
	return way->hook == hook + 1 && way->ingress_ifindex == ifindex &&
	       way->epochs == way_epochs(way) && (__u32)jiffy - way->made < way_lifetime;
}

#endif
