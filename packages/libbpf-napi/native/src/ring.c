/*
 * Ring buffers on the event loop. libuv watches the ring buffer's descriptor, so that no thread and
 * no copy between threads is needed; its functions used here have been stable for all of libuv 1.x,
 * and no struct of it is looked into.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>
#include "exports.h"
#include "value.h"

/* Records lie at multiples of this in a batch, as they do in the ring buffer. */
#define RECORD_ALIGNMENT 8

/* Held by the external value and, while it is open, by the event loop. */
struct ring {
	int holders;
	struct ring_buffer *buffer;
	uv_poll_t *watch;
	napi_env env;
	napi_ref readable;
	napi_async_context context;
	napi_async_cleanup_hook_handle cleanup;

	/* The batch being read. */
	uint8_t *data;
	size_t used, capacity, max_bytes;
	uint32_t *sizes;
	uint32_t count, max_count;
	int error;
};

static void ring_release(void *data)
{
	struct ring *ring = data;

	if (--ring->holders)
		return;
	ring_buffer__free(ring->buffer);
	free(ring->data);
	free(ring->sizes);
	free(ring);
}

static bool reserve(struct ring *ring, size_t size)
{
	size_t capacity = ring->capacity ? ring->capacity : 4096;
	uint8_t *data;

	while (capacity < ring->used + size)
		capacity *= 2;
	if (capacity == ring->capacity)
		return true;
	data = realloc(ring->data, capacity);
	if (!data)
		return false;
	ring->data = data;
	ring->capacity = capacity;
	return true;
}

/* Takes one record. What is negative ends the batch after this record. */
static int take(void *context, void *data, size_t size)
{
	size_t padded = (size + RECORD_ALIGNMENT - 1) & ~(size_t)(RECORD_ALIGNMENT - 1);
	struct ring *ring = context;

	if (!reserve(ring, padded)) {
		ring->error = -ENOMEM;
		return -ENOMEM;
	}
	memcpy(ring->data + ring->used, data, size);
	memset(ring->data + ring->used + size, 0, padded - size);
	ring->sizes[ring->count++] = size;
	ring->used += padded;
	return ring->used >= ring->max_bytes || ring->count >= ring->max_count ? -ECANCELED : 0;
}

static void on_readable(uv_poll_t *watch, int status, int events)
{
	struct ring *ring = uv_handle_get_data((uv_handle_t *)watch);
	napi_value callback, receiver, error;
	napi_handle_scope scope;

	(void)status;
	(void)events;
	if (napi_open_handle_scope(ring->env, &scope) != napi_ok)
		return;
	if (napi_get_reference_value(ring->env, ring->readable, &callback) == napi_ok &&
	    napi_get_global(ring->env, &receiver) == napi_ok &&
	    napi_make_callback(ring->env, ring->context, receiver, callback, 0, NULL, NULL) ==
		    napi_pending_exception &&
	    napi_get_and_clear_last_exception(ring->env, &error) == napi_ok)
		napi_fatal_exception(ring->env, error);
	napi_close_handle_scope(ring->env, scope);
}

static void on_closed(uv_handle_t *watch)
{
	struct ring *ring = uv_handle_get_data(watch);

	free(watch);
	napi_remove_async_cleanup_hook(ring->cleanup);
	/* JavaScript may keep the external value for long; the descriptor goes now. */
	ring_buffer__free(ring->buffer);
	ring->buffer = NULL;
	ring_release(ring);
}

static void close_watch(struct ring *ring)
{
	uv_poll_t *watch = ring->watch;

	if (!watch)
		return;
	ring->watch = NULL;
	uv_poll_stop(watch);
	napi_delete_reference(ring->env, ring->readable);
	napi_async_destroy(ring->env, ring->context);
	uv_close((uv_handle_t *)watch, on_closed);
}

/* The environment ends while the ring buffer is open. */
static void on_cleanup(napi_async_cleanup_hook_handle handle, void *data)
{
	(void)handle;
	close_watch(data);
}

static uv_poll_t *make_watch(struct ring *ring)
{
	uv_poll_t *watch = calloc(1, uv_handle_size(UV_POLL));
	uv_loop_t *loop;

	if (watch && (napi_get_uv_event_loop(ring->env, &loop) != napi_ok ||
		      uv_poll_init(loop, watch, ring_buffer__epoll_fd(ring->buffer)))) {
		free(watch);
		return NULL;
	}
	return watch;
}

static int open_watch(struct ring *ring, napi_value readable)
{
	napi_value name = make_string(ring->env, "libbpf-napi:ring", NAPI_AUTO_LENGTH);

	ring->watch = make_watch(ring);
	if (!ring->watch)
		return -ENOMEM;
	uv_handle_set_data((uv_handle_t *)ring->watch, ring);
	ring->holders++;
	napi_create_reference(ring->env, readable, 1, &ring->readable);
	napi_async_init(ring->env, NULL, name, &ring->context);
	napi_add_async_cleanup_hook(ring->env, on_cleanup, ring, &ring->cleanup);
	return 0;
}

static struct ring *ring_allocate(napi_env env, uint32_t max_count, uint32_t max_bytes)
{
	struct ring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return NULL;
	*ring = (struct ring){.holders = 1, .env = env, .max_bytes = max_bytes};
	ring->max_count = max_count ? max_count : 1;
	ring->sizes = calloc(ring->max_count, sizeof(*ring->sizes));
	if (ring->sizes)
		return ring;
	free(ring);
	return NULL;
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
	ring = ring_allocate(env, max_count, max_bytes);
	if (!ring)
		return make_int(env, -ENOMEM);
	ring->buffer = ring_buffer__new(fd, take, ring, NULL);
	error = ring->buffer ? open_watch(ring, readable) : -errno;
	if (error) {
		ring_release(ring);
		return make_int(env, error);
	}
	return make_external(env, &ring_tag, ring, ring_release);
}

/* ringWatch(ring, watch, keepAlive): 0 or -errno; whether `readable` is called, and holds the process */
napi_value ring_watch(napi_env env, napi_callback_info info)
{
	bool watch, keep_alive;
	struct ring *ring;

	if (!read_arguments(env, info, "rtt", &ring, &watch, &keep_alive))
		return NULL;
	if (!ring->watch)
		return make_int(env, -EBADF);
	if (keep_alive)
		uv_ref((uv_handle_t *)ring->watch);
	else
		uv_unref((uv_handle_t *)ring->watch);
	return make_int(env, watch ? uv_poll_start(ring->watch, UV_READABLE, on_readable)
				   : uv_poll_stop(ring->watch));
}

/* ringRead(ring): { data, sizes } with at least one record, 0 when there is none, or -errno */
napi_value ring_read(napi_env env, napi_callback_info info)
{
	struct ring *ring;
	napi_value result;

	if (!read_arguments(env, info, "r", &ring))
		return NULL;
	if (!ring->watch)
		return make_int(env, -EBADF);
	ring->used = ring->count = ring->error = 0;
	ring_buffer__consume(ring->buffer);
	if (!ring->count)
		return make_int(env, ring->error);
	result = make_object(env);
	set_value(env, result, "data", make_bytes(env, ring->data, ring->used));
	set_value(env, result, "sizes", make_u32_array(env, ring->sizes, ring->count));
	return result;
}

/* ringClose(ring) */
napi_value ring_close(napi_env env, napi_callback_info info)
{
	struct ring *ring;

	if (read_arguments(env, info, "r", &ring))
		close_watch(ring);
	return NULL;
}
