/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_NAT_H
#define HEDDLE_NAT_H

#include <linux/in6.h>
#include "../maps/conn_gauges.h"
#include "../maps/connections.h"
#include "../maps/nat_ports.h"
#include "../maps/nat_prefixes.h"
#include "../maps/nat_settings.h"
#include "connection.h"
#include "outcome.h"
#include "removal.h"
#include "scratch.h"

/* The end of a packet that gets another address and port. */
enum translated_end {
	TRANSLATED_NONE = 0,
	TRANSLATED_SOURCE,
	TRANSLATED_DESTINATION,
};

/* What a packet is to be given. */
struct translation {
	struct ip_addr address;
	__be16 port;
	__u8 reserved[2];
	enum translated_end end;
	/* The device that it leaves by, which says with which address. */
	__u32 ifindex;
};

/* Whether another port or identifier can be chosen. The checksum of SCTP covers its ports with all the data. */
static __always_inline bool nat_has_ports(__u8 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_ICMP ||
	       protocol == IPPROTO_ICMPV6;
}

static __always_inline __u32 nat_mix(__u32 hash, __u32 word)
{
	__u32 product = (hash ^ word) * 0x9e3779b1;

	return product ^ (product >> 15);
}

/* As `hashTuple` of the package conntrack says. */
static __always_inline __u32 nat_hash(const struct tuple *tuple, __u32 hash)
{
	for (int i = 0; i < 4; i++)
		hash = nat_mix(hash, bpf_ntohl(tuple->source.word[i]));
	for (int i = 0; i < 4; i++)
		hash = nat_mix(hash, bpf_ntohl(tuple->destination.word[i]));
	hash = nat_mix(hash, (__u32)bpf_ntohs(tuple->source_port) << 16 |
				     bpf_ntohs(tuple->destination_port));
	return nat_mix(hash, tuple->protocol);
}

static __always_inline bool nat_key_equal(const struct connection_key *a,
					  const struct connection_key *b)
{
	return ip_addr_equal(&a->address[0], &b->address[0]) &&
	       ip_addr_equal(&a->address[1], &b->address[1]) && a->port[0] == b->port[0] &&
	       a->port[1] == b->port[1] && a->protocol == b->protocol && a->scope == b->scope;
}

/* Whether a connection lives under the key, other than the one that is over. What is dead is removed when it is met. */
static __always_inline bool nat_key_lives(const struct connection_key *key,
					  const struct connection_key *over, __u64 now)
{
	struct connection *connection = bpf_map_lookup_elem(&connections, key);

	if (!connection || nat_key_equal(key, over))
		return false;
	return connection->expires > now ||
	       !connection_remove(key, connection, REMOVAL_EXPIRED, now);
}

/*
 * Whether packets of the tuple, or of the other direction, are those of a connection, other than the one
 * whose key is in the scratch, which is over. An alias without its connection is one that another CPU is making, or removing.
 */
__noinline int nat_is_taken(const struct tuple *tuple, __u64 now)
{
	struct scratch *scratch = scratch_get();
	struct conn_gauges *gauges = conn_gauges_get();
	struct connection *connection;
	struct connection_key *key, *over;

	if (!tuple || !gauges || !scratch)
		return true;
	over = &scratch->key;
	key = &scratch->probe;
	connection_key_make(key, tuple, SCOPE_CONNECTION);
	connection = bpf_map_lookup_elem(&connections, key);
	if (connection && (connection->word & WORD_BIT(WORD_ALIAS))) {
		alias_key_make(key, connection);
		if (nat_key_equal(key, over))
			return false;
		return !bpf_map_lookup_elem(&connections, key) || nat_key_lives(key, over, now);
	}
	if (connection && nat_key_lives(key, over, now))
		return true;
	if (!gauges->one_way)
		return false;
	connection_key_make(key, tuple, SCOPE_ONE_WAY);
	if (nat_key_lives(key, over, now))
		return true;
	connection_key_between(key, &tuple->destination, tuple->destination_port, &tuple->source,
			       tuple->source_port, tuple->protocol, SCOPE_ONE_WAY);
	return nat_key_lives(key, over, now);
}

/*
 * Whether a socket of the node gets the packets of the tuple: one that is connected so, or of UDP any that has the port. One
 * that listens is in nobody's way, since who asks it has another port.
 */
__noinline int nat_socket_has(struct __sk_buff *skb, const struct tuple *tuple)
{
	struct bpf_sock_tuple asked = {};
	struct bpf_sock *sock;
	bool ipv4, listens;
	__u32 size;

	if (!tuple)
		return true;
	ipv4 = ip_addr_is_ipv4(&tuple->source);
	size = ipv4 ? sizeof(asked.ipv4) : sizeof(asked.ipv6);
	if (ipv4) {
		asked.ipv4.saddr = tuple->source.word[3];
		asked.ipv4.daddr = tuple->destination.word[3];
		asked.ipv4.sport = tuple->source_port;
		asked.ipv4.dport = tuple->destination_port;
	} else {
		__builtin_memcpy(asked.ipv6.saddr, &tuple->source, sizeof(tuple->source));
		__builtin_memcpy(asked.ipv6.daddr, &tuple->destination, sizeof(tuple->destination));
		asked.ipv6.sport = tuple->source_port;
		asked.ipv6.dport = tuple->destination_port;
	}
	if (tuple->protocol == IPPROTO_TCP) {
		sock = bpf_skc_lookup_tcp(skb, &asked, size, BPF_F_CURRENT_NETNS, 0);
		if (!sock)
			return false;
		listens = sock->state == BPF_TCP_LISTEN;
		bpf_sk_release(sock);
		return !listens;
	}
	if (tuple->protocol != IPPROTO_UDP)
		return false;
	sock = bpf_sk_lookup_udp(skb, &asked, size, BPF_F_CURRENT_NETNS, 0);
	if (!sock)
		return false;
	bpf_sk_release(sock);
	return true;
}

/* Whether the answers that are searched for would be somebody else's. */
static __always_inline bool nat_reply_is_taken(struct __sk_buff *skb,
					       const struct nat_search *search)
{
	if (nat_is_taken(&search->reply, search->now))
		return true;
	return search->sockets && nat_socket_has(skb, &search->reply);
}

/* What a search hands to each of its tries. */
struct nat_tries {
	struct __sk_buff *skb;
};

/* Tries one port; 1 when it is free. */
static long nat_try(__u32 n, struct nat_tries *tries)
{
	struct scratch *scratch = scratch_get();
	struct nat_search *search;
	__u32 offset;

	if (!scratch)
		return 1;
	search = &scratch->search;
	offset = search->hash % search->size;
	if (search->all)
		offset = (offset + n) % search->size;
	else
		search->hash = nat_mix(search->hash, n);
	search->reply.destination_port = bpf_htons(search->first + offset);
	if (nat_reply_is_taken(tries->skb, search))
		return 0;
	search->found = 1;
	return 1;
}

/* Chooses the port that a connection leaves with. Returns 0, or why there is none. */
static __always_inline int nat_search_port(struct __sk_buff *skb, const struct tuple *original,
					   struct translation *to, __u64 now)
{
	struct nat_tries context = {.skb = skb};
	const struct nat_settings *settings = nat_settings_get();
	struct scratch *scratch = scratch_get();
	struct nat_search *search;
	__u32 port, tries;

	if (!original || !to || !settings || !scratch)
		return OUTCOME_PORTS_EXHAUSTED;
	search = &scratch->search;
	search->now = now;
	search->sockets = settings->sockets;
	search->reply = *original;
	tuple_reverse(&search->reply);
	search->reply.destination = to->address;
	to->port = original->source_port;
	port = bpf_ntohs(original->source_port);
	search->first = settings->first_port;
	search->size = settings->last_port - settings->first_port + 1;
	if ((!nat_has_ports(original->protocol) ||
	     (port >= search->first && port <= settings->last_port)) &&
	    !nat_reply_is_taken(skb, search))
		return 0;
	if (!nat_has_ports(original->protocol) || !search->size)
		return OUTCOME_PORTS_EXHAUSTED;
	search->hash = nat_hash(original, settings->seed);
	tries = settings->probes < search->size ? settings->probes : search->size;
	search->all = tries == search->size;
	search->found = 0;
	bpf_loop(tries, nat_try, &context, 0);
	if (!search->found)
		return OUTCOME_PORTS_EXHAUSTED;
	to->port = search->reply.destination_port;
	return 0;
}

/* Whether there are connections that are translated. */
static __always_inline bool nat_is_used(void)
{
	const struct conn_gauges *gauges = conn_gauges_get();

	return gauges && gauges->translated;
}

/* The address that connections from such a source leave with by a device; unspecified when there is none. */
static __always_inline void nat_address(struct ip_addr *address, const struct ip_addr *source,
					__u32 ifindex)
{
	const struct nat_settings *settings = nat_settings_get();
	const struct nat_device *device = bpf_map_lookup_elem(&nat_devices, &ifindex);
	bool ipv4 = ip_addr_is_ipv4(source);

	if (device)
		*address = ipv4 ? device->address[0] : device->address[1];
	else if (settings)
		*address = ipv4 ? settings->address[0] : settings->address[1];
}

/* Whether a packet from there to there is to leave by a device with another source, and with which. */
__noinline int nat_wants(const struct ip_addr *source, const struct ip_addr *destination,
			 __u32 ifindex, struct ip_addr *address)
{
	const struct nat_settings *settings = nat_settings_get();

	if (!source || !destination || !address || !settings || !settings->enabled)
		return false;
	nat_address(address, source, ifindex);
	return !ip_addr_is_unspecified(address) && !ip_addr_equal(source, address) &&
	       nat_has_role(source, NAT_SOURCE) && !nat_has_role(destination, NAT_EXCLUDED);
}

/*
 * Chooses the source that a new connection leaves with. Returns 0, or why it cannot begin. Holds
 * nothing.
 */
__noinline int nat_choose(struct __sk_buff *skb, const struct tuple *original,
			  struct translation *to, __u64 now)
{
	const struct nat_settings *settings = nat_settings_get();
	struct conn_gauges *gauges = conn_gauges_get();
	struct scratch *scratch = scratch_get();
	struct tuple *plain;
	bool taken;

	if (!original || !to || !settings || !gauges || !scratch)
		return OUTCOME_TABLE_FULL;
	if (!settings->enabled && !gauges->translated) {
		to->end = TRANSLATED_NONE;
		return 0;
	}
	if (to->end == TRANSLATED_NONE ||
	    !nat_wants(&original->source, &original->destination, to->ifindex, &to->address)) {
		plain = &scratch->search.reply;
		*plain = *original;
		tuple_reverse(plain);
		taken = nat_is_taken(plain, now);
		/* The node's own connections keep their port, unless a translated one has got it. */
		if (!settings->enabled || to->end == TRANSLATED_NONE ||
		    !ip_addr_equal(&original->source, &to->address) || !taken) {
			to->end = TRANSLATED_NONE;
			return taken ? OUTCOME_TUPLE_IN_USE : 0;
		}
	}
	return nat_search_port(skb, original, to, now);
}

#endif
