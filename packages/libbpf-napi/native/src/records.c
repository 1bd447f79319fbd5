#include "records.h"
#include <stdlib.h>
#include <string.h>
#include "value.h"

#define RECORD_ALIGNMENT 8

static bool grow_data(struct records *records, size_t size)
{
	size_t capacity = records->capacity ? records->capacity : 4096;
	uint8_t *data;

	while (capacity < records->used + size)
		capacity *= 2;
	if (capacity == records->capacity)
		return true;
	data = realloc(records->data, capacity);
	if (!data)
		return false;
	records->data = data;
	records->capacity = capacity;
	return true;
}

static bool grow_sizes(struct records *records)
{
	uint32_t max_count = records->max_count ? records->max_count * 2 : 64;
	uint32_t *sizes;

	if (records->count < records->max_count)
		return true;
	sizes = realloc(records->sizes, max_count * sizeof(*sizes));
	if (!sizes)
		return false;
	records->sizes = sizes;
	records->max_count = max_count;
	return true;
}

bool records_add(struct records *records, const void *data, size_t size)
{
	size_t padded = (size + RECORD_ALIGNMENT - 1) & ~(size_t)(RECORD_ALIGNMENT - 1);

	if (!grow_data(records, padded) || !grow_sizes(records))
		return false;
	memcpy(records->data + records->used, data, size);
	memset(records->data + records->used + size, 0, padded - size);
	records->sizes[records->count++] = size;
	records->used += padded;
	return true;
}

void records_clear(struct records *records)
{
	records->used = 0;
	records->count = 0;
}

void records_free(struct records *records)
{
	free(records->data);
	free(records->sizes);
	*records = (struct records){};
}

void records_report(napi_env env, const struct records *records, napi_value result)
{
	set_value(env, result, "data", make_bytes(env, records->data, records->used));
	set_value(env, result, "sizes", make_u32_array(env, records->sizes, records->count));
}
