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
	/** Answered: ARP or neighbour discovery, for the pods' gateway or for a pod. */
	REASON_ANSWERED = 2,
	/** Seen on its way from the node's stack, and left alone. */
	REASON_PASSED = 3,
	/** Sent to another node through a tunnel. */
	REASON_TO_TUNNEL = 4,
	/** Larger than what a tunnel's way takes; the sender is told so by ICMP. */
	REASON_TOLD = 5,
	/** Larger than what a tunnel's way takes; cut into fragments, each of which goes on by itself. */
	REASON_FRAGMENTED = 6,

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
	/** A large buffer that the kernel cuts up first: each part gets a checksum of its own in the tunnel. */
	REASON_CUT_UP = 40,
	/** The network tells that it cannot carry a tunnel's packet of that size. */
	REASON_TUNNEL_NARROW = 41,

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
	/** To a link-local or loopback address, to the gateway itself, or to no address: no router forwards that. */
	REASON_LINK_LOCAL = 70,
	/** Link control that needs no answer: router solicitation, MLD, solicitations for what is not here. */
	REASON_LINK_CONTROL = 71,
	/** ARP for an address that is neither the gateway's nor another pod's of this node. */
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
	/** A hop limit that is not 255, which what stays on the link has: it was forwarded, or is forged. */
	REASON_HOP_LIMIT = 78,
	/** A checksum is wrong. */
	REASON_CHECKSUM = 79,
	/** An option has no length, one that does not fit, or must not be there. */
	REASON_BAD_OPTION = 80,
	/** Larger than what a tunnel's way takes, and nobody may be told: an ICMP error, or not the first fragment. */
	REASON_UNTOLD = 83,
	/** The packet in a tunnel ends before its Geneve header does. */
	REASON_TUNNEL_TRUNCATED = 84,
	/** A Geneve header of another version than 0. */
	REASON_TUNNEL_VERSION = 85,
	/** A Geneve option reaches beyond the options, they beyond the packet, or one is there twice. */
	REASON_TUNNEL_OPTION = 86,
	/** A Geneve option that is not known must not be ignored. */
	REASON_TUNNEL_CRITICAL = 87,
	/** From an address that is no node's. */
	REASON_TUNNEL_PEER = 88,
	/** The outer UDP checksum is wrong, or that of the outer IPv4 header. */
	REASON_TUNNEL_CHECKSUM = 89,
	/** It claims an identity that is nobody's, or that no other node may claim, or the cluster 0. */
	REASON_TUNNEL_IDENTITY = 90,
	/** There is neither an IP packet nor an Ethernet frame with one in the tunnel. */
	REASON_TUNNEL_PROTOCOL = 91,
	/** The network reports congestion to a sender that would not understand it (RFC 6040 section 4.2). */
	REASON_TUNNEL_CONGESTION = 92,
	/** The inner source is not of the node at the other end, nor of its pods. */
	REASON_TUNNEL_SOURCE = 93,
	/** The inner destination is not on this node; nothing is forwarded from tunnel to tunnel. */
	REASON_TUNNEL_DESTINATION = 94,
	/** There is no tunnel to the destination, or no way for it. */
	REASON_NO_TUNNEL = 95,

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
	/** It would leave with a source that nobody outside can answer, and is of no connection that could be translated. */
	REASON_UNTRANSLATED = 101,
	/** There is no port to leave with. */
	REASON_PORTS_EXHAUSTED = 102,
};

#endif
