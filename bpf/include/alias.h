/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_ALIAS_H
#define HEDDLE_ALIAS_H

#include "../maps/conn_gauges.h"
#include "../maps/connections.h"
#include "../maps/nat_ports.h"
#include "connection.h"

/*
 * What a translated connection has beside its entry.
 */

/* Turns the key of an alias into that of its connection, whose source has sent to who sends the answers. */
static __always_inline void alias_key_make(struct connection_key *key,
					   const struct connection *alias)
{
	__u32 from = !!(alias->word & WORD_BIT(WORD_FROM_SECOND));
	struct ip_addr to = from ? key->address[1] : key->address[0];
	__be16 port = from ? key->port[1] : key->port[0];

	connection_key_between(key, &alias->translated, word_port(alias->word), &to, port,
			       key->protocol, alias->scope);
}

/* To whom a translated connection leaves whose main key that is. */
static __always_inline void nat_destination_make(struct nat_destination *destination,
						 const struct connection_key *key, __u64 word,
						 const struct ip_addr *translated)
{
	__u32 from = !!(word & WORD_BIT(WORD_FROM_SECOND));

	destination->address = *translated;
	destination->destination = from ? key->address[0] : key->address[1];
	destination->destination_port = from ? key->port[0] : key->port[1];
	destination->protocol = key->protocol;
	__builtin_memset(destination->reserved, 0, sizeof(destination->reserved));
}

/* Removes the alias of a translated connection whose key that is. */
__noinline int alias_remove(const struct connection_key *key, __u64 word,
			    const struct ip_addr *translated)
{
	__u32 from = !!(word & WORD_BIT(WORD_FROM_SECOND));
	struct conn_gauges *gauges = conn_gauges_get();
	struct connection_key alias;

	if (!key || !translated || !gauges)
		return 0;
	if (from)
		connection_key_between(&alias, &key->address[0], key->port[0], translated,
				       word_port(word), key->protocol, SCOPE_CONNECTION);
	else
		connection_key_between(&alias, &key->address[1], key->port[1], translated,
				       word_port(word), key->protocol, SCOPE_CONNECTION);
	bpf_map_delete_elem(&connections, &alias);
	__sync_fetch_and_sub(&gauges->translated, 1);
	if (key->scope == SCOPE_ONE_WAY)
		__sync_fetch_and_sub(&gauges->one_way, 1);
	return 0;
}

/* Gives the port of a translated connection back, which is counted. */
__noinline int alias_uncount(const struct connection_key *key, __u64 word,
			     const struct ip_addr *translated)
{
	struct nat_destination destination;

	if (!key || !translated)
		return 0;
	nat_destination_make(&destination, key, word, translated);
	return nat_ports_give_back(&destination);
}

/* Removes what a translated connection has beside its entry: its alias, and its port's count. */
static __always_inline void alias_release(const struct connection_key *key, __u64 word,
					  const struct ip_addr *translated, bool counted)
{
	alias_remove(key, word, translated);
	if (counted)
		alias_uncount(key, word, translated);
}

#endif
