/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_REASON_H
#define HEDDLE_REASON_H

#include <linux/types.h>

/**
 * What became of a packet, and why. The number's range says what was done with it:
 * 0 to 31 forwarded or answered, 32 to 63 left to the kernel's stack, 64 and above dropped.
 */
enum reason : __u8 {
	/** Handed to a pod of this node, past the node's stack. */
	REASON_TO_POD = 0,
	/** Sent out of a device of the node, past the node's stack. */
	REASON_TO_NEIGHBOUR = 1,
	/** Answered on behalf of the pod's gateway (ARP or neighbour discovery). */
	REASON_ANSWERED = 2,
	/** Seen on its way from the node's stack, and left alone. */
	REASON_PASSED = 3,

	/** For the node itself, or routed by the kernel. */
	REASON_TO_STACK = 32,
	/** TTL or hop limit used up; the kernel answers with ICMP time exceeded. */
	REASON_TTL_EXPIRED = 33,
	/** Larger than the path; the kernel fragments, or answers with the path's MTU. */
	REASON_TOO_BIG = 34,
	/** The kernel has no route; it answers with ICMP unreachable. */
	REASON_NO_ROUTE = 35,
	/** IPv4 options or a hop-by-hop header, which every router has to look at. */
	REASON_OPTIONS = 36,
	/** The next hop does not answer; the kernel goes on asking, or answers with ICMP unreachable. */
	REASON_NO_NEIGHBOUR = 37,

	/** Shorter than its headers say. */
	REASON_TRUNCATED = 64,
	/** A header field has an impossible value. */
	REASON_BAD_HEADER = 65,
	/** Neither IPv4, IPv6 nor ARP. */
	REASON_UNKNOWN_PROTOCOL = 66,
	/** The source address is not one of the sending pod's. */
	REASON_SPOOFED_ADDRESS = 67,
	/** The source MAC address is not the sending pod's. */
	REASON_SPOOFED_MAC = 68,
	/** Multicast or broadcast, which is not forwarded. */
	REASON_MULTICAST = 69,
	/** To a link-local address, to the gateway itself, or to no address at all: no router forwards that. */
	REASON_LINK_LOCAL = 70,
	/** Link control that needs no answer: router solicitation, MLD, duplicate address detection. */
	REASON_LINK_CONTROL = 71,
	/** ARP for an address that is not the gateway's. */
	REASON_ARP_TARGET = 72,
	/** The destination is not the pod behind this device. */
	REASON_WRONG_POD = 73,
	/** The source address is a pod's or the node's own, or one that is on no network. */
	REASON_MARTIAN = 74,
	/** More IPv6 extension headers than are looked through. */
	REASON_EXTENSION_HEADERS = 75,
	/** The kernel could not make room for, or rewrite, the packet. */
	REASON_REWRITE_FAILED = 76,
	/** A frame to another MAC address than the gateway's, which no router takes up. */
	REASON_OTHER_HOST = 77,

	/** TCP flags or SCTP chunks that nobody sends together. */
	REASON_IMPOSSIBLE_FLAGS = 96,
	/** An ICMP error that quotes another one, or a packet that its receiver did not send. */
	REASON_BAD_QUOTATION = 97,
	/** A fragment over one that was there, or that changes it. */
	REASON_OVERLAPPING_FRAGMENT = 98,
	/** An echo request where only its reply can come from, or the reply where only the request can. */
	REASON_WRONG_DIRECTION = 99,
	/** There is no place for another connection: all that are there stand. */
	REASON_TABLE_FULL = 100,
};

#endif
