/* Many packets through a program, each in a test run of its own. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "exports.h"
#include "job.h"
#include "value.h"

/* How much a program may make a packet grow. */
#define GROWTH 65536

/* One packet: the sizes of what goes in are what comes out afterwards. */
struct test_run {
	uint32_t packet_size, context_size;
	/* What the program returned, unless `error` is a positive error number. */
	uint32_t result, error;
};

struct test_runs_job {
	struct job job;
	int fd;
	struct test_run *runs;
	size_t count;
	/* All packets one after the other, and so their contexts. The kernel's answers follow one another the same way. */
	struct bytes packets, contexts, packets_out, contexts_out;
	size_t room;
};

/* Whether the kernel refuses this one packet, and not the program. */
static bool refuses_packet(int error)
{
	return error == -EINVAL || error == -ENODEV || error == -ENOSPC || error == -E2BIG;
}

static int make_room(struct test_runs_job *job, size_t size)
{
	size_t room = job->room;
	void *data;

	if (job->packets_out.size + size <= room)
		return 0;
	while (room < job->packets_out.size + size)
		room = room ? room * 2 : size;
	data = realloc(job->packets_out.data, room);
	if (!data)
		return -ENOMEM;
	job->packets_out.data = data;
	job->room = room;
	return 0;
}

static int run_one(struct test_runs_job *job, struct test_run *run, const uint8_t *packet,
		   const uint8_t *context)
{
	uint8_t *packet_out, *context_out;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = run->packet_size,
		    .data_size_out = run->packet_size + GROWTH,
		    .ctx_in = run->context_size ? context : NULL, .ctx_size_in = run->context_size,
		    .ctx_size_out = run->context_size);
	int error = make_room(job, run->packet_size + (size_t)GROWTH);

	if (error)
		return error;
	packet_out = (uint8_t *)job->packets_out.data + job->packets_out.size;
	context_out = (uint8_t *)job->contexts_out.data + job->contexts_out.size;
	opts.data_out = packet_out;
	opts.ctx_out = run->context_size ? context_out : NULL;
	error = bpf_prog_test_run_opts(job->fd, &opts);
	if (error && !refuses_packet(error))
		return error;
	run->error = -error;
	run->result = opts.retval;
	run->packet_size = error ? 0 : opts.data_size_out;
	run->context_size = error || !run->context_size ? 0 : opts.ctx_size_out;
	job->packets_out.size += run->packet_size;
	job->contexts_out.size += run->context_size;
	return 0;
}

static int test_runs_run(struct job *base)
{
	struct test_runs_job *job = (struct test_runs_job *)base;
	const uint8_t *packet = job->packets.data, *context = job->contexts.data;

	if (job->fd < 0)
		return job->fd;
	if (!job->runs || !packet || !context || !job->contexts_out.data)
		return -ENOMEM;
	for (size_t i = 0; i < job->count; i++) {
		struct test_run given = job->runs[i];
		int error = run_one(job, &job->runs[i], packet, context);

		if (error)
			return error;
		packet += given.packet_size;
		context += given.context_size;
	}
	return 0;
}

static void test_runs_report(napi_env env, struct job *base, napi_value result)
{
	struct test_runs_job *job = (struct test_runs_job *)base;
	size_t words = job->count * sizeof(*job->runs) / sizeof(uint32_t);

	set_value(env, result, "runs",
		  make_u32_array(env, (uint32_t *)job->runs, job->runs ? words : 0));
	set_value(env, result, "packets",
		  make_bytes(env, job->packets_out.data, job->packets_out.size));
	set_value(env, result, "contexts",
		  make_bytes(env, job->contexts_out.data, job->contexts_out.size));
}

static void test_runs_release(struct job *base)
{
	struct test_runs_job *job = (struct test_runs_job *)base;

	if (job->fd >= 0)
		close(job->fd);
	free(job->runs);
	free(job->packets.data);
	free(job->contexts.data);
	free(job->packets_out.data);
	free(job->contexts_out.data);
}

/* Never of size 0, which may be NULL. */
static void *copy(struct bytes source)
{
	void *data = malloc(source.size + 1);

	if (data && source.size)
		memcpy(data, source.data, source.size);
	return data;
}

/* Whether the sizes of all runs add up to the bytes that are there. */
static bool adds_up(const struct test_runs_job *job)
{
	uint64_t packets = 0, contexts = 0;

	for (size_t i = 0; job->runs && i < job->count; i++) {
		packets += job->runs[i].packet_size;
		contexts += job->runs[i].context_size;
	}
	return !job->runs || (packets == job->packets.size && contexts == job->contexts.size);
}

/*
 * programTestRuns(fd, runs, packets, contexts, netns?): Promise<{ runs, packets, contexts }>
 *
 * `runs` are the bytes of a struct test_run for each packet.
 */
napi_value program_test_runs(napi_env env, napi_callback_info info)
{
	struct test_runs_job *job = calloc(1, sizeof(*job));
	struct bytes runs, packets, contexts;
	int32_t fd;

	if (!job)
		return NULL;
	if (!read_arguments(env, info, "ibbbS", &fd, &runs, &packets, &contexts, &job->job.netns)) {
		free(job);
		return NULL;
	}
	job->fd = job_duplicate(fd);
	job->runs = copy(runs);
	job->count = runs.size / sizeof(*job->runs);
	job->packets = (struct bytes){copy(packets), packets.size};
	job->contexts = (struct bytes){copy(contexts), contexts.size};
	/* The kernel gives back no more of a context than it was given. */
	job->contexts_out.data = malloc(contexts.size + 1);
	if (!adds_up(job)) {
		test_runs_release(&job->job);
		free(job);
		napi_throw_type_error(env, NULL, "sizes do not add up to the bytes that are there");
		return NULL;
	}
	job->job.run = test_runs_run;
	job->job.report = test_runs_report;
	job->job.release = test_runs_release;
	return job_start(env, &job->job);
}
