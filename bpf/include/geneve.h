/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_GENEVE_H
#define HEDDLE_GENEVE_H

#include <linux/if_ether.h>
#include <linux/types.h>

/* Geneve (RFC 8926): what is on the wire. */

/* UDP port (RFC 8926 section 3.3). */
#define GENEVE_PORT 6081

/* An Ethernet frame as payload (RFC 8926 section 3.4). */
#define GENEVE_FRAME ETH_P_TEB

/* The fixed part of the header (RFC 8926 section 3.4). */
struct geneve_header {
	/* Version in the upper 2 bits; length of the options in units of 4 bytes. */
	__u8 version_length;
	__u8 flags;
	__be16 protocol;
	/* In the upper 24 bits; the others are reserved. */
	__be32 vni;
};

#define GENEVE_LENGTH 0x3f
#define GENEVE_CONTROL 0x80
#define GENEVE_CRITICAL 0x40
#define GENEVE_VNI_SHIFT 8

/* The header of an option (RFC 8926 section 3.5). */
struct geneve_option {
	__be16 class;
	__u8 type;
	/* Of what follows, in the lower 5 bits, in units of 4 bytes. */
	__u8 length;
};

#define GENEVE_OPTION_LENGTH 0x1f
#define GENEVE_OPTION_CRITICAL 0x80

/* Options of our class (docs/reference/geneve-options.md), with the value that `length` has. */
#define GENEVE_CLASS_HEDDLE 0xff48
#define GENEVE_CLUSTER 0x81
#define GENEVE_CLUSTER_LENGTH 1
#define GENEVE_DSR_IPV4 0x82
#define GENEVE_DSR_IPV4_LENGTH 2
#define GENEVE_DSR_IPV6 0x83
#define GENEVE_DSR_IPV6_LENGTH 5

struct geneve_cluster_option {
	struct geneve_option option;
	__be16 unused;
	__be16 cluster;
};

#endif
