/* User ring buffers: records from JavaScript to programs. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "exports.h"
#include "value.h"

/* How many records can be reserved and not yet submitted. */
#define MAX_RESERVED 64

struct user_ring {
	/* NULL once it was closed. */
	struct user_ring_buffer *buffer;
	struct {
		void *data;
		uint32_t size;
	} reserved[MAX_RESERVED];
};

static void user_ring_free(struct user_ring *ring)
{
	for (int i = 0; ring->buffer && i < MAX_RESERVED; i++) {
		if (ring->reserved[i].data)
			user_ring_buffer__discard(ring->buffer, ring->reserved[i].data);
	}
	user_ring_buffer__free(ring->buffer);
	memset(ring, 0, sizeof(*ring));
}

static void user_ring_release(void *data)
{
	user_ring_free(data);
	free(data);
}

/* userRingOpen(fd): an external, or -errno */
napi_value user_ring_open(napi_env env, napi_callback_info info)
{
	struct user_ring *ring;
	int32_t fd;
	int error;

	if (!read_arguments(env, info, "i", &fd))
		return NULL;
	ring = calloc(1, sizeof(*ring));
	if (!ring)
		return make_int(env, -ENOMEM);
	ring->buffer = user_ring_buffer__new(fd, NULL);
	if (ring->buffer)
		return make_external(env, &user_ring_tag, ring, user_ring_release);
	error = -errno;
	free(ring);
	return make_int(env, error);
}

/* A free place, or -errno. */
static int reserve(struct user_ring *ring, uint32_t size)
{
	int place = 0;

	if (!ring->buffer)
		return -EBADF;
	while (place < MAX_RESERVED && ring->reserved[place].data)
		place++;
	if (place == MAX_RESERVED)
		return -EBUSY;
	ring->reserved[place].data = user_ring_buffer__reserve(ring->buffer, size);
	ring->reserved[place].size = size;
	return ring->reserved[place].data ? place : -errno;
}

/* userRingReserve(ring, size): the number of the reserved record, or -errno; ENOSPC for no room */
napi_value user_ring_reserve(napi_env env, napi_callback_info info)
{
	struct user_ring *ring;
	uint32_t size;

	if (!read_arguments(env, info, "wu", &ring, &size))
		return NULL;
	return make_int(env, reserve(ring, size));
}

/* userRingSubmit(ring, place, bytes?): 0 or -errno; without bytes of its size it is discarded */
napi_value user_ring_submit(napi_env env, napi_callback_info info)
{
	struct user_ring *ring;
	struct bytes bytes;
	uint32_t place;
	void *data;

	if (!read_arguments(env, info, "wuB", &ring, &place, &bytes))
		return NULL;
	if (!ring->buffer)
		return make_int(env, -EBADF);
	if (place >= MAX_RESERVED || !ring->reserved[place].data)
		return make_int(env, -ENOENT);
	data = ring->reserved[place].data;
	ring->reserved[place].data = NULL;
	if (bytes.size == ring->reserved[place].size) {
		memcpy(data, bytes.data, bytes.size);
		user_ring_buffer__submit(ring->buffer, data);
	} else {
		user_ring_buffer__discard(ring->buffer, data);
	}
	return make_int(env, 0);
}

/* userRingClose(ring): what is reserved is discarded */
napi_value user_ring_close(napi_env env, napi_callback_info info)
{
	struct user_ring *ring;

	if (read_arguments(env, info, "w", &ring))
		user_ring_free(ring);
	return NULL;
}
