/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_REMOVAL_H
#define HEDDLE_REMOVAL_H

#include "../maps/conn_counters.h"
#include "../maps/conn_events.h"
#include "../maps/conn_gauges.h"
#include "../maps/conn_settings.h"
#include "../maps/connections.h"
#include "alias.h"
#include "outcome.h"

/*
 * Claims an entry, so that one CPU removes it, and its alias before it. What nobody has removed who had claimed it can be
 * claimed again a second after it died.
 */
static __always_inline bool connection_claim(struct connection *connection, __u64 word, __u64 now)
{
	const struct conn_settings *settings = conn_settings_get();

	if (word_state(word) == CONNECTION_LEAVING)
		return settings && connection->expires + settings->hz < now;
	return __sync_val_compare_and_swap(&connection->word, word,
					   word_with_state(word, CONNECTION_LEAVING)) == word;
}

/* Removes a connection, and what belongs to it; false when another CPU does. */
static __always_inline bool connection_remove(const struct connection_key *key,
					      struct connection *connection, enum removal removal,
					      __u64 now)
{
	struct conn_gauges *gauges = conn_gauges_get();
	__u64 word = *(volatile __u64 *)&connection->word;

	if (!connection_claim(connection, word, now))
		return false;
	connection_event_emit(key, connection, word, removal, now);
	if (word & WORD_BIT(WORD_TRANSLATED))
		alias_release(key, word, &connection->translated, connection->counted);
	if (bpf_map_delete_elem(&connections, key))
		return false;
	if (gauges)
		__sync_fetch_and_sub(&gauges->count, 1);
	conn_counter_add(CONN_COUNTER_REMOVALS + removal);
	return true;
}

#endif
