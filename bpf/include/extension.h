/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_EXTENSION_H
#define HEDDLE_EXTENSION_H

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/types.h>
#include <stdbool.h>

/* Extension headers that are looked through; the kernel itself allows 8 of a kind by default. */
#define IPV6_MAX_EXTENSIONS 8
#define IPV6_FRAGMENT_OFFSET 0xfff8
#define IPV6_MORE_FRAGMENTS 0x0001

/* Authentication header (RFC 4302); its length counts 4-byte words minus 2. */
#define IPV6_AUTHENTICATION 51

/* The first 8 bytes of any extension header (RFC 8200 section 4); the fragment header is no longer. */
struct ipv6_extension {
	__u8 next;
	__u8 length;
	__be16 fragment_offset;
	__be32 fragment_id;
};

static __always_inline bool ipv6_is_extension(__u8 protocol)
{
	switch (protocol) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_DSTOPTS:
	case IPV6_AUTHENTICATION:
		return true;
	default:
		return false;
	}
}

/* Bytes of an authentication header without its value (RFC 4302 section 2). */
#define IPV6_AUTHENTICATION_LEAST 12

/* Bytes that an extension header has at least. */
static __always_inline __u32 ipv6_extension_least(__u8 protocol)
{
	return protocol == IPV6_AUTHENTICATION ? IPV6_AUTHENTICATION_LEAST
					       : sizeof(struct ipv6_extension);
}

static __always_inline __u32 ipv6_extension_size(__u8 protocol,
						 const struct ipv6_extension *extension)
{
	switch (protocol) {
	case IPPROTO_FRAGMENT:
		return sizeof(*extension);
	case IPV6_AUTHENTICATION:
		return (extension->length + 2) * 4;
	default:
		return (extension->length + 1) * 8;
	}
}

#endif
