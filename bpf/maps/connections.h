/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_MAPS_CONNECTIONS_H
#define HEDDLE_MAPS_CONNECTIONS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/address.h"
#include "../include/export.h"
#include "../include/hook.h"
#include "../include/nexthop.h"

/** Which connections an entry is among. */
enum scope : __u8 {
	/** Between two addresses. Both directions have one key. */
	SCOPE_CONNECTION = 0,
	/** Of a service's client with the service's own address. Only the client's direction has the key. */
	SCOPE_SERVICE = 1,
	/**
	 * Between two addresses, where the key of both directions is another connection's, or an alias: only the packets of the
	 * side that began it have the key, those that answer come by an alias.
	 */
	SCOPE_ONE_WAY = 2,
};

/**
 * What the packets of a connection have in common. The ends of a connection stand in the order of their addresses and
 * ports (as bytes), so that both directions come to one key; those of a service entry as they do in the client's packets.
 */
struct __attribute__((aligned(8))) connection_key {
	/** The addresses of the ends. */
	struct ip_addr address[2];
	/** Their ports; of an ICMP echo, the identifier at the end that asks and 0 at the other; else 0. */
	__be16 port[2];
	/** IP protocol number. */
	__u8 protocol;
	enum scope scope;
	__u8 reserved[2];
};

/** What stands where in the `word` of a connection, in bits from the lowest one. */
enum word_bit {
	/** Two bits, `enum connection_state`. */
	WORD_STATE = 0,
	/** Both sides have been seen. */
	WORD_ANSWERED = 2,
	/** The side that began it has finished. */
	WORD_FINISHED_ORIGINAL = 3,
	/** The side that answers has finished. */
	WORD_FINISHED_REPLY = 4,
	/** The second end of the key began it. */
	WORD_FROM_SECOND = 5,
	/** It leaves with another source: `translated` and the port in this word. */
	WORD_TRANSLATED = 6,
	/**
	 * No connection, but where the answers to a translated one find it: the key is of the answers, whose sender is the end
	 * that `WORD_FROM_SECOND` says, and `translated` and the port in this word are the source before translation.
	 */
	WORD_ALIAS = 7,
	/** 16 bits, in host order: the port of the translated source. */
	WORD_PORT = 8,
	/** 40 bits: when it began, in jiffies. */
	WORD_CREATED = 24,
};
EXPORT(enum word_bit, "conntrack");

/** How far a connection has come. */
enum connection_state : __u8 {
	/** So far only asked for: the handshake of TCP or SCTP; of others, nothing has come back. */
	CONNECTION_OPENING = 0,
	/** TCP or SCTP after the first packet that is not of the handshake; others once answered. */
	CONNECTION_ESTABLISHED = 1,
	/** TCP or SCTP that both sides have finished, or one has aborted. It ends on time, whatever comes. */
	CONNECTION_CLOSING = 2,
	/** A CPU is about to remove it. It is not found any more. */
	CONNECTION_LEAVING = 3,
};
EXPORT(enum connection_state, "conntrack");

/**
 * One direction of a connection: its counters, and what the datapath decided about its packets for as long as the
 * epochs stand that it was decided under. 0 throughout where nothing was.
 */
struct connection_way {
	/** The MAC address that was verified of the end that sends, when that is a pod of this node. */
	struct mac_addr mac;
	/** The low 12 bits of the last jiffy in which packets met the entry, and above them how many did, 15 at most. */
	__u16 burst;
	__u64 packets;
	/** Bytes of IP packets, headers included. */
	__u64 bytes;
	/** The sum of all the epochs that the decision was made under. Each only grows, so that the sum says of all. */
	__u32 epochs;
	/** When the decision was made: the low half of the jiffies. */
	__u32 made;
	/** The device that the packets come in by. */
	__u32 ingress_ifindex;
	/** The device to leave by. */
	__u32 egress_ifindex;
	/** Slots of the epochs of both endpoints and of the rules in force, or 0. */
	__u16 source_slot;
	__u16 target_slot;
	__u16 rules_slot;
	/** Largest IP packet that may go this way, in bytes; 0 when the kernel decides. */
	__u16 mtu;
	/** The identity of the sender. */
	__u32 identity;
	/** The rule that let the packets pass. */
	__u16 rule;
	enum nexthop_kind kind;
	/** The hook that the decision is for, plus 1; 0 when there is no decision. */
	__u8 hook;
};

/**
 * A connection. With its key and what the kernel adds it fills 256 bytes, four cache lines: a packet touches the one that
 * has `expires`, `word` and most of the key, and the one of its direction.
 */
struct connection {
	/** From then on, in jiffies, the entry is as good as gone. */
	__u64 expires;
	/** State, flags, translated port and age, as `enum word_bit` says; changed by compare-and-swap. */
	__u64 word;
	/** The neighbour, or the tunnel's end, to send to; one direction at most leaves the node by such. */
	struct ip_addr gateway;
	/** Of an alias: the scope of the key that its connection has. */
	enum scope scope;
	/** 1 when the map `nat_ports` counts its port. */
	__u8 counted;
	__u8 reserved[6];
	/** By direction: of the packets of the side that began it, and of those that answer. */
	struct connection_way way[2];
	/** The source that the connection leaves with, when it is translated. */
	struct ip_addr translated;
};

/**
 * All connections. The entries are allocated with the map: `limit` in the map `conn_settings` says how many of them are
 * used, and can be changed at any time.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 131072);
	__type(key, struct connection_key);
	__type(value, struct connection);
} connections SEC(".maps") OWNER("conntrack");

#endif
