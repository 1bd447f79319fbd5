/* Reading the entries of a map. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "batch.h"
#include "exports.h"

/* A bucket of a hash map must fit into one batch. Buckets are short; 1 MiB of entries is far beyond. */
#define MAX_BATCH (1u << 20)

static int batch_grow(struct batch_job *batch)
{
	uint32_t capacity = batch->capacity * 2;
	uint8_t *keys, *values;

	if (capacity > MAX_BATCH)
		return -ENOSPC;
	keys = realloc(batch->keys, (size_t)capacity * batch->key_size);
	if (keys)
		batch->keys = keys;
	values = realloc(batch->values, (size_t)capacity * batch->value_size);
	if (values)
		batch->values = values;
	if (!keys || !values)
		return -ENOMEM;
	batch->capacity = capacity;
	return 0;
}

/* One batch. A hash map's bucket that does not fit makes the kernel say so before it copied anything. */
static int read_batch(struct batch_job *batch)
{
	uint8_t *next = calloc(1, batch_position_size(batch));
	int error;

	if (!next)
		return -ENOMEM;
	for (;;) {
		batch->count = batch->capacity;
		error = bpf_map_lookup_batch(batch->fd, batch->resumed ? batch->position : NULL,
					     next, batch->keys, batch->values, &batch->count, NULL);
		if (error != -ENOSPC)
			break;
		error = batch_grow(batch);
		if (error)
			break;
	}
	if (batch->count)
		memcpy(batch->position, next, batch_position_size(batch));
	free(next);
	batch->done = error == -ENOENT;
	/* EINTR: keys vanished under an LPM trie's batch, which ends early. */
	return batch->done || error == -EINTR ? 0 : error;
}

/* Key by key. A key that vanished meanwhile makes the kernel start again: JavaScript knows what it saw. */
static int read_single(struct batch_job *batch)
{
	int error = 0;

	batch->count = 0;
	while (batch->count < batch->capacity) {
		uint8_t *key = batch->keys + (size_t)batch->count * batch->key_size;
		uint8_t *value = batch->values + (size_t)batch->count * batch->value_size;

		error = bpf_map_get_next_key(batch->fd, batch->resumed ? batch->position : NULL,
					     key);
		if (error)
			break;
		batch->resumed = true;
		memcpy(batch->position, key, batch->key_size);
		error = bpf_map_lookup_elem(batch->fd, key, value);
		if (error && error != -ENOENT)
			break;
		if (!error)
			batch->count++;
		error = 0;
	}
	batch->done = error == -ENOENT;
	return batch->done ? 0 : error;
}

static int read_run(struct job *job)
{
	struct batch_job *batch = (struct batch_job *)job;
	int error;

	if (batch->fd < 0)
		return batch->fd;
	if (!batch->keys || !batch->values || !batch->position)
		return -ENOMEM;
	if (!batch->single) {
		error = read_batch(batch);
		if (error != -ENOTSUPP)
			return error;
		batch->single = true;
	}
	return read_single(batch);
}

static void read_report(napi_env env, struct job *job, napi_value result)
{
	struct batch_job *batch = (struct batch_job *)job;
	uint32_t count = job->error ? 0 : batch->count;

	set_int(env, result, "count", count);
	set_value(env, result, "keys",
		  make_bytes(env, batch->keys, (size_t)count * batch->key_size));
	set_value(env, result, "values",
		  make_bytes(env, batch->values, (size_t)count * batch->value_size));
	set_value(
		env, result, "position",
		make_bytes(env, batch->position, batch->position ? batch_position_size(batch) : 0));
	set_bool(env, result, "done", batch->done);
	set_bool(env, result, "single", batch->single);
}

/*
 * mapRead(fd, keySize, valueSize, count, single, position?):
 * Promise<{ count, keys, values, position, done, single }>
 */
napi_value map_read(napi_env env, napi_callback_info info)
{
	struct batch_job *batch = calloc(1, sizeof(*batch));
	struct bytes position;
	int32_t fd;

	if (!batch)
		return NULL;
	if (!read_arguments(env, info, "iuuutB", &fd, &batch->key_size, &batch->value_size,
			    &batch->capacity, &batch->single, &position)) {
		free(batch);
		return NULL;
	}
	batch->fd = job_duplicate(fd);
	if (!batch_allocate(batch) && position.size == batch_position_size(batch)) {
		memcpy(batch->position, position.data, position.size);
		batch->resumed = true;
	}
	batch->job.run = read_run;
	batch->job.report = read_report;
	batch->job.release = batch_release;
	return job_start(env, &batch->job);
}
