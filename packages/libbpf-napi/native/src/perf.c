/* Perf buffers on the event loop: one buffer per CPU. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include "exports.h"
#include "records.h"
#include "value.h"
#include "watch.h"

/* Held by the external value and, while it is open, by the event loop. */
struct perf {
	struct watch watch;
	int holders;
	struct perf_buffer *buffer;

	/* What was read of the buffer of one CPU. */
	struct records records;
	uint64_t lost;
	int cpu, error;
};

static void perf_release(void *data)
{
	struct perf *perf = data;

	if (--perf->holders)
		return;
	perf_buffer__free(perf->buffer);
	records_free(&perf->records);
	free(perf);
}

static void take(void *context, int cpu, void *data, uint32_t size)
{
	struct perf *perf = context;

	perf->cpu = cpu;
	if (!records_add(&perf->records, data, size))
		perf->error = -ENOMEM;
}

static void take_lost(void *context, int cpu, __u64 count)
{
	struct perf *perf = context;

	perf->cpu = cpu;
	perf->lost += count;
}

/* JavaScript may keep the external value for long; the descriptors and the map's entries go now. */
static void perf_free(struct perf *perf)
{
	perf_buffer__free(perf->buffer);
	perf->buffer = NULL;
}

static void on_closed(struct watch *watch)
{
	struct perf *perf = (struct perf *)watch;

	perf_free(perf);
	perf_release(perf);
}

/*
 * perfOpen(fd, pages, readable): an external, or -errno. `pages` is the size of each CPU's buffer;
 * `readable` is called without arguments when there is something to read, once it is watched.
 */
napi_value perf_open(napi_env env, napi_callback_info info)
{
	napi_value readable;
	struct perf *perf;
	uint32_t pages;
	int32_t fd;
	int error;

	if (!read_arguments(env, info, "iuv", &fd, &pages, &readable))
		return NULL;
	perf = calloc(1, sizeof(*perf));
	if (!perf)
		return make_int(env, -ENOMEM);
	perf->holders = 1;
	perf->buffer = perf_buffer__new(fd, pages, take, take_lost, perf, NULL);
	error = perf->buffer ? watch_open(&perf->watch, env, perf_buffer__epoll_fd(perf->buffer),
					  readable, on_closed)
			     : -errno;
	if (error) {
		perf_release(perf);
		return make_int(env, error);
	}
	perf->holders++;
	return make_external(env, &perf_tag, perf, perf_release);
}

/* perfWatch(perf, watch, keepAlive): 0 or -errno; whether `readable` is called, and holds the process */
napi_value perf_watch(napi_env env, napi_callback_info info)
{
	bool watch, keep_alive;
	struct perf *perf;

	if (!read_arguments(env, info, "ptt", &perf, &watch, &keep_alive))
		return NULL;
	return make_int(env, watch_set(&perf->watch, watch, keep_alive));
}

static napi_value report(napi_env env, const struct perf *perf)
{
	napi_value result = make_object(env);

	set_int(env, result, "cpu", perf->cpu);
	set_bigint(env, result, "lost", perf->lost);
	set_int(env, result, "error", -perf->error);
	records_report(env, &perf->records, result);
	return result;
}

/* perfRead(perf): { cpu, lost, error, data, sizes }[], of CPUs that had something; or -errno */
napi_value perf_read(napi_env env, napi_callback_info info)
{
	struct perf *perf;
	napi_value result;
	uint32_t count = 0;

	if (!read_arguments(env, info, "p", &perf))
		return NULL;
	if (!perf->watch.poll)
		return make_int(env, -EBADF);
	if (napi_create_array(env, &result) != napi_ok)
		return NULL;
	for (size_t i = 0; i < perf_buffer__buffer_cnt(perf->buffer); i++) {
		perf->lost = perf->error = 0;
		records_clear(&perf->records);
		perf_buffer__consume_buffer(perf->buffer, i);
		if (perf->records.count || perf->lost || perf->error)
			napi_set_element(env, result, count++, report(env, perf));
	}
	return result;
}

/* perfClose(perf) */
napi_value perf_close(napi_env env, napi_callback_info info)
{
	struct perf *perf;

	if (!read_arguments(env, info, "p", &perf))
		return NULL;
	watch_close(&perf->watch);
	/* At once, or it would delete the entries of the map's next reader. libuv allows it. */
	perf_free(perf);
	return NULL;
}
