/* Writing and deleting many entries of a map. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "batch.h"
#include "exports.h"

static int update_single(struct batch_job *batch)
{
	int error = 0;

	for (batch->count = 0; batch->count < batch->capacity; batch->count++) {
		error = bpf_map_update_elem(
			batch->fd, batch->keys + (size_t)batch->count * batch->key_size,
			batch->values + (size_t)batch->count * batch->value_size, BPF_ANY);
		if (error)
			break;
	}
	return error;
}

static int update_run(struct job *job)
{
	struct batch_job *batch = (struct batch_job *)job;
	int error;

	if (batch->fd < 0)
		return batch->fd;
	if (!batch->keys || !batch->values)
		return -ENOMEM;
	batch->count = batch->capacity;
	error = bpf_map_update_batch(batch->fd, batch->keys, batch->values, &batch->count, NULL);
	return error == -ENOTSUPP ? update_single(batch) : error;
}

static int delete_single(struct batch_job *batch)
{
	int error = 0;

	for (batch->count = 0; batch->count < batch->capacity; batch->count++) {
		error = bpf_map_delete_elem(batch->fd,
					    batch->keys + (size_t)batch->count * batch->key_size);
		if (error && error != -ENOENT)
			break;
		batch->deleted += !error;
		error = 0;
	}
	return error;
}

/* The kernel stops at a key that is absent; that one is passed over. */
static int delete_run(struct job *job)
{
	struct batch_job *batch = (struct batch_job *)job;
	uint32_t begin = 0, count;
	int error = 0;

	if (batch->fd < 0)
		return batch->fd;
	if (!batch->keys)
		return -ENOMEM;
	while (begin < batch->capacity) {
		count = batch->capacity - begin;
		error = bpf_map_delete_batch(
			batch->fd, batch->keys + (size_t)begin * batch->key_size, &count, NULL);
		if (error == -ENOTSUPP && !begin)
			return delete_single(batch);
		begin += count;
		batch->deleted += count;
		batch->count = begin;
		if (error && error != -ENOENT)
			break;
		begin += error == -ENOENT;
		error = 0;
	}
	return error;
}

static void write_report(napi_env env, struct job *job, napi_value result)
{
	struct batch_job *batch = (struct batch_job *)job;

	set_int(env, result, "count", batch->count);
	set_int(env, result, "deleted", batch->deleted);
}

static napi_value write_start(napi_env env, struct batch_job *batch, const struct bytes *keys,
			      const struct bytes *values)
{
	if (!batch_allocate(batch)) {
		if (keys->size)
			memcpy(batch->keys, keys->data, (size_t)batch->capacity * batch->key_size);
		if (values && values->size)
			memcpy(batch->values, values->data,
			       (size_t)batch->capacity * batch->value_size);
	}
	batch->job.report = write_report;
	batch->job.release = batch_release;
	return job_start(env, &batch->job);
}

/* mapUpdateMany(fd, count, keys, values): Promise<{ count }>, with how many were written */
napi_value map_update_many(napi_env env, napi_callback_info info)
{
	struct batch_job *batch = calloc(1, sizeof(*batch));
	struct bytes keys, values;
	int32_t fd;

	if (!batch)
		return NULL;
	if (!read_arguments(env, info, "iubb", &fd, &batch->capacity, &keys, &values) ||
	    !batch->capacity) {
		free(batch);
		return NULL;
	}
	batch->key_size = keys.size / batch->capacity;
	batch->value_size = values.size / batch->capacity;
	batch->fd = job_duplicate(fd);
	batch->job.run = update_run;
	return write_start(env, batch, &keys, &values);
}

/* mapDeleteMany(fd, count, keys): Promise<{ count, deleted }>; absent keys are passed over */
napi_value map_delete_many(napi_env env, napi_callback_info info)
{
	struct batch_job *batch = calloc(1, sizeof(*batch));
	struct bytes keys;
	int32_t fd;

	if (!batch)
		return NULL;
	if (!read_arguments(env, info, "iub", &fd, &batch->capacity, &keys) || !batch->capacity) {
		free(batch);
		return NULL;
	}
	batch->key_size = keys.size / batch->capacity;
	batch->fd = job_duplicate(fd);
	batch->job.run = delete_run;
	return write_start(env, batch, &keys, NULL);
}
