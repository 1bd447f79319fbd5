/* Which programs there are at a cgroup's hook. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "exports.h"
#include "job.h"
#include "value.h"

struct query_job {
	struct job job;
	int target;
	uint32_t attach_type, query_flags, count;
	/* How each is attached comes with the programs of LSM hooks, and has to be taken. */
	uint32_t *programs, *attach_flags;
	uint64_t revision;
};

static bool wants_attach_flags(const struct query_job *query)
{
	return query->attach_type == BPF_LSM_CGROUP &&
	       !(query->query_flags & BPF_F_QUERY_EFFECTIVE);
}

static int ask(struct query_job *query)
{
	LIBBPF_OPTS(bpf_prog_query_opts, opts, .query_flags = query->query_flags,
		    .prog_ids = query->programs,
		    .prog_attach_flags = wants_attach_flags(query) ? query->attach_flags : NULL,
		    .count = query->programs ? query->count : 0);
	int error = bpf_prog_query_opts(query->target, query->attach_type, &opts);

	query->count = opts.count;
	query->revision = opts.revision;
	return error;
}

/* First how many there are, then which; again when there were more meanwhile. */
static int query_run(struct job *job)
{
	struct query_job *query = (struct query_job *)job;
	int error;

	do {
		free(query->programs);
		free(query->attach_flags);
		query->programs = query->attach_flags = NULL;
		error = ask(query);
		if (error || !query->count)
			return error;
		query->programs = calloc(query->count, sizeof(*query->programs));
		query->attach_flags = calloc(query->count, sizeof(*query->attach_flags));
		if (!query->programs || !query->attach_flags)
			return -ENOMEM;
		error = ask(query);
	} while (error == -ENOSPC);
	return error;
}

static void query_report(napi_env env, struct job *job, napi_value result)
{
	struct query_job *query = (struct query_job *)job;

	set_bigint(env, result, "revision", query->revision);
	set_value(env, result, "programIds",
		  make_u32_array(env, query->programs, query->programs ? query->count : 0));
}

static void query_release(struct job *job)
{
	struct query_job *query = (struct query_job *)job;

	if (query->target > 0)
		close(query->target);
	free(query->programs);
	free(query->attach_flags);
}

/* hookQuery(targetFd, attachType, effective): Promise<{ revision, programIds }> */
napi_value hook_query(napi_env env, napi_callback_info info)
{
	struct query_job *query = calloc(1, sizeof(*query));
	int32_t target;
	bool effective;

	if (!query)
		return NULL;
	if (!read_arguments(env, info, "iut", &target, &query->attach_type, &effective)) {
		free(query);
		return NULL;
	}
	query->target = job_duplicate(target);
	query->query_flags = effective ? BPF_F_QUERY_EFFECTIVE : 0;
	query->job.run = query_run;
	query->job.report = query_report;
	query->job.release = query_release;
	return job_start(env, &query->job);
}
