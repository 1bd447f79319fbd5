/* Records on their way to JavaScript: what was in a ring buffer or a perf buffer, copied. */
#pragma once
#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct records {
	/* Each begins at a multiple of 8 bytes, as it does in the buffer. */
	uint8_t *data;
	size_t used, capacity;
	uint32_t *sizes;
	uint32_t count, max_count;
};

/* False when there is no memory left. */
bool records_add(struct records *records, const void *data, size_t size);

/* Makes it empty, and keeps the memory. */
void records_clear(struct records *records);

void records_free(struct records *records);

/* Sets `data` and `sizes` of a result. */
void records_report(napi_env env, const struct records *records, napi_value result);
