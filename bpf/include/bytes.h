/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_BYTES_H
#define HEDDLE_BYTES_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* No header that is looked at lies further in: the longest chain of extension headers ends before. */
#define PACKET_MAX_OFFSET 0x7fff

/*
 * The kernel widens these 32-bit fields to pointers when it loads the program. Read in assembly, since
 * the compiler would otherwise keep a copy of the lower half, which the verifier takes for a number.
 */
#define packet_pointer(skb, field)                                                          \
	({                                                                                  \
		void *pointer;                                                              \
		asm volatile("%0 = *(u32 *)(%1 + %2)"                                       \
			     : "=r"(pointer)                                                \
			     : "r"(skb), "i"(__builtin_offsetof(struct __sk_buff, field))); \
		pointer;                                                                    \
	})

/* The `size` bytes at `offset`, or NULL when they do not lie in the linear part of the buffer. */
static __always_inline void *packet_peek(const struct __sk_buff *skb, __u32 offset, __u32 size)
{
	void *bytes = packet_pointer(skb, data);
	void *end = packet_pointer(skb, data_end);
	__u64 distance = offset;

	if (distance > PACKET_MAX_OFFSET)
		return NULL;
	/*
	 * The verifier of Linux 6.1 forgets the bounds of a number of 32 bits that was kept on the stack, and follows
	 * those of the copy alone that was compared.
	 */
	if (!__builtin_constant_p(offset))
		barrier_var(distance);
	bytes += distance & PACKET_MAX_OFFSET;
	if (!__builtin_constant_p(offset))
		barrier_var(bytes);
	if (bytes + size > end)
		return NULL;
	return bytes;
}

/*
 * The `size` bytes at `offset`, made linear where needed, or NULL when the packet is shorter. Pointers
 * taken before are invalid after.
 */
static __always_inline void *packet_need(struct __sk_buff *skb, __u32 offset, __u32 size)
{
	void *bytes = packet_peek(skb, offset, size);

	if (bytes)
		return bytes;
	if (offset + size > skb->len || bpf_skb_pull_data(skb, offset + size))
		return NULL;
	return packet_peek(skb, offset, size);
}

#endif
