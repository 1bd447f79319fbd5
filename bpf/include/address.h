/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_ADDRESS_H
#define HEDDLE_ADDRESS_H

#include <linux/types.h>
#include <stdbool.h>
#include <bpf/bpf_endian.h>

/**
 * An address of either family: IPv6 as it is, IPv4 as an IPv4-mapped address
 * (RFC 4291 section 2.5.5.2).
 */
struct ip_addr {
	__be32 word[4];
};

/** A link-layer address (EUI-48). */
struct mac_addr {
	__u8 byte[6];
} __attribute__((aligned(2)));

/* The third word of ::ffff:0:0/96. */
#define IPV4_MAPPED bpf_htonl(0x0000ffff)

static __always_inline void ip_addr_set_ipv4(struct ip_addr *address, __be32 ipv4)
{
	address->word[0] = 0;
	address->word[1] = 0;
	address->word[2] = IPV4_MAPPED;
	address->word[3] = ipv4;
}

static __always_inline bool ip_addr_is_ipv4(const struct ip_addr *address)
{
	return address->word[0] == 0 && address->word[1] == 0 && address->word[2] == IPV4_MAPPED;
}

static __always_inline bool ip_addr_equal(const struct ip_addr *a, const struct ip_addr *b)
{
	return a->word[0] == b->word[0] && a->word[1] == b->word[1] && a->word[2] == b->word[2] &&
	       a->word[3] == b->word[3];
}

/* 224.0.0.0/4, 255.255.255.255 or ff00::/8. */
static __always_inline bool ip_addr_is_multicast(const struct ip_addr *address)
{
	if (ip_addr_is_ipv4(address))
		return (bpf_ntohl(address->word[3]) >> 28) == 0xe || address->word[3] == 0xffffffff;
	return (bpf_ntohl(address->word[0]) >> 24) == 0xff;
}

/* 127.0.0.0/8 or ::1: never on a wire (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3). */
static __always_inline bool ip_addr_is_loopback(const struct ip_addr *address)
{
	if (ip_addr_is_ipv4(address))
		return (bpf_ntohl(address->word[3]) >> 24) == 127;
	return !(address->word[0] | address->word[1] | address->word[2]) &&
	       address->word[3] == bpf_htonl(1);
}

/* 0.0.0.0/8 or ::, which stand for no address (RFC 1122 section 3.2.1.3). */
static __always_inline bool ip_addr_is_unspecified(const struct ip_addr *address)
{
	if (ip_addr_is_ipv4(address))
		return !(bpf_ntohl(address->word[3]) >> 24);
	return !(address->word[0] | address->word[1] | address->word[2] | address->word[3]);
}

/* fe80::/10: valid on one link only, never forwarded (RFC 4291 section 2.5.6). */
static __always_inline bool ip_addr_is_link_local(const struct ip_addr *address)
{
	return (bpf_ntohl(address->word[0]) >> 22) == (0xfe80 >> 6);
}

/* Link-layer addresses are at even offsets, in packets as in maps. */
static __always_inline bool mac_addr_equal(const __u8 *a, const struct mac_addr *b)
{
	const __u16 *left = (const void *)a, *right = (const void *)b->byte;

	return !((left[0] ^ right[0]) | (left[1] ^ right[1]) | (left[2] ^ right[2]));
}

static __always_inline void mac_addr_copy(__u8 *to, const volatile struct mac_addr *from)
{
	__u16 *target = (void *)to;
	const volatile __u16 *source = (const volatile void *)from->byte;

	target[0] = source[0];
	target[1] = source[1];
	target[2] = source[2];
}

#endif
