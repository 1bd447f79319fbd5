/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_IDENTITY_H
#define HEDDLE_IDENTITY_H

#include <linux/types.h>
#include <stdbool.h>
#include "export.h"

/** Identities with a meaning of their own: those below `IDENTITY_FIRST`. They have 24 bits. */
enum identity_number {
	/** Nobody. */
	IDENTITY_NONE = 0,
	/** The node itself. Never on a wire: what a node is follows from its address. */
	IDENTITY_HOST = 1,
	/** Somebody of the cluster of whom nothing more is said; the only reserved one on a wire. */
	IDENTITY_UNKNOWN = 2,
	/** The first that a group of pods may have. */
	IDENTITY_FIRST = 256,
};
EXPORT(enum identity_number, "encap-geneve");

/* Whether another node may say it of a packet's sender. */
static __always_inline bool identity_may_travel(__u32 identity)
{
	return identity >= IDENTITY_FIRST || identity == IDENTITY_UNKNOWN;
}

#endif
