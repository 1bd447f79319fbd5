/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_BOUNDED_H
#define HEDDLE_BOUNDED_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>

/*
 * An index that is no more than `mask`, one less than a power of 2. The verifier of Linux 6.1 forgets what it knew of a
 * number of 32 bits that was kept on the stack, and the compiler leaves out a mask that it finds needless.
 */
static __always_inline __u64 bounded(__u64 index, __u64 mask)
{
	barrier_var(index);
	return index & mask;
}

#endif
