/* Ring buffers on the event loop. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include "exports.h"
#include "records.h"
#include "value.h"
#include "watch.h"

/* Held by the external value and, while it is open, by the event loop. */
struct ring {
	struct watch watch;
	int holders;
	struct ring_buffer *buffer;

	/* The batch being read. */
	struct records records;
	size_t max_bytes;
	uint32_t max_count;
	int error;
};

static void ring_release(void *data)
{
	struct ring *ring = data;

	if (--ring->holders)
		return;
	ring_buffer__free(ring->buffer);
	records_free(&ring->records);
	free(ring);
}

/* Takes one record. What is negative ends the batch after this record. */
static int take(void *context, void *data, size_t size)
{
	struct ring *ring = context;

	if (!records_add(&ring->records, data, size)) {
		ring->error = -ENOMEM;
		return -ENOMEM;
	}
	return ring->records.used >= ring->max_bytes || ring->records.count >= ring->max_count
		       ? -ECANCELED
		       : 0;
}

static void on_closed(struct watch *watch)
{
	struct ring *ring = (struct ring *)watch;

	/* JavaScript may keep the external value for long; the descriptor goes now. */
	ring_buffer__free(ring->buffer);
	ring->buffer = NULL;
	ring_release(ring);
}

/*
 * ringOpen(fd, maxRecords, maxBytes, readable): an external, or -errno. `readable` is called
 * without arguments when there is something to read, once it is watched.
 */
napi_value ring_open(napi_env env, napi_callback_info info)
{
	uint32_t max_count, max_bytes;
	napi_value readable;
	struct ring *ring;
	int32_t fd;
	int error;

	if (!read_arguments(env, info, "iuuv", &fd, &max_count, &max_bytes, &readable))
		return NULL;
	ring = calloc(1, sizeof(*ring));
	if (!ring)
		return make_int(env, -ENOMEM);
	*ring = (struct ring){.holders = 1, .max_bytes = max_bytes, .max_count = max_count};
	ring->buffer = ring_buffer__new(fd, take, ring, NULL);
	error = ring->buffer ? watch_open(&ring->watch, env, ring_buffer__epoll_fd(ring->buffer),
					  readable, on_closed)
			     : -errno;
	if (error) {
		ring_release(ring);
		return make_int(env, error);
	}
	ring->holders++;
	return make_external(env, &ring_tag, ring, ring_release);
}

/* ringWatch(ring, watch, keepAlive): 0 or -errno; whether `readable` is called, and holds the process */
napi_value ring_watch(napi_env env, napi_callback_info info)
{
	bool watch, keep_alive;
	struct ring *ring;

	if (!read_arguments(env, info, "rtt", &ring, &watch, &keep_alive))
		return NULL;
	return make_int(env, watch_set(&ring->watch, watch, keep_alive));
}

/* ringRead(ring): { data, sizes } with at least one record, 0 when there is none, or -errno */
napi_value ring_read(napi_env env, napi_callback_info info)
{
	struct ring *ring;
	napi_value result;

	if (!read_arguments(env, info, "r", &ring))
		return NULL;
	if (!ring->watch.poll)
		return make_int(env, -EBADF);
	ring->error = 0;
	records_clear(&ring->records);
	ring_buffer__consume(ring->buffer);
	if (!ring->records.count)
		return make_int(env, ring->error);
	result = make_object(env);
	records_report(env, &ring->records, result);
	return result;
}

/* ringClose(ring) */
napi_value ring_close(napi_env env, napi_callback_info info)
{
	struct ring *ring;

	if (read_arguments(env, info, "r", &ring))
		watch_close(&ring->watch);
	return NULL;
}
