/* Filters of traffic control, for kernels without tcx; they belong to the device, not to a link. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "exports.h"
#include "job.h"
#include "value.h"

/* As src/attach-clsact.ts numbers them. */
enum { TC_ATTACH, TC_REPLACE, TC_DETACH, TC_QUERY };

struct tc_job {
	struct job job;
	uint32_t what;
	int32_t ifindex;
	bool egress;
	/* A descriptor of the job's own; 0 for none. */
	int program;
	uint32_t handle, priority, program_id;
};

/* clsact holds the filters of both directions; somebody may have added it. */
static int attach(struct bpf_tc_hook *hook, struct bpf_tc_opts *opts, bool replace)
{
	int error = bpf_tc_hook_create(hook);

	if (error && error != -EEXIST)
		return error;
	opts->flags = replace ? BPF_TC_F_REPLACE : 0;
	return bpf_tc_attach(hook, opts);
}

static int tc_run(struct job *job)
{
	struct tc_job *tc = (struct tc_job *)job;
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = tc->ifindex,
		    .attach_point = tc->egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = tc->handle, .priority = tc->priority);
	int error;

	if (tc->what == TC_DETACH)
		return bpf_tc_detach(&hook, &opts);
	if (tc->what != TC_QUERY)
		opts.prog_fd = tc->program;
	error = tc->what == TC_QUERY ? bpf_tc_query(&hook, &opts)
				     : attach(&hook, &opts, tc->what == TC_REPLACE);
	tc->handle = opts.handle;
	tc->priority = opts.priority;
	tc->program_id = opts.prog_id;
	return error;
}

static void tc_report(napi_env env, struct job *job, napi_value result)
{
	struct tc_job *tc = (struct tc_job *)job;

	set_int(env, result, "handle", tc->handle);
	set_int(env, result, "priority", tc->priority);
	set_int(env, result, "programId", tc->program_id);
}

static void tc_release(struct job *job)
{
	struct tc_job *tc = (struct tc_job *)job;

	if (tc->program > 0)
		close(tc->program);
}

/*
 * tcFilter(what, ifindex, egress, programFd, handle, priority, netns?):
 * Promise<{ handle, priority, programId }>; a program of -1 for none
 */
napi_value tc_filter(napi_env env, napi_callback_info info)
{
	struct tc_job *tc = calloc(1, sizeof(*tc));
	int32_t program;

	if (!tc)
		return NULL;
	if (!read_arguments(env, info, "uitiuuS", &tc->what, &tc->ifindex, &tc->egress, &program,
			    &tc->handle, &tc->priority, &tc->job.netns)) {
		free(tc);
		return NULL;
	}
	if (program >= 0)
		tc->program = job_duplicate(program);
	tc->job.run = tc_run;
	tc->job.report = tc_report;
	tc->job.release = tc_release;
	return job_start(env, &tc->job);
}
