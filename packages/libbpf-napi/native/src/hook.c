#include "hook.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "descriptors.h"
#include "exports.h"
#include "job.h"
#include "value.h"

int cgroup_link_create(int program, int cgroup, uint32_t attach_type, uint32_t flags,
		       uint32_t relative_id, uint64_t revision)
{
	union bpf_attr attr = {};
	int fd;

	attr.link_create.prog_fd = program;
	attr.link_create.target_fd = cgroup;
	attr.link_create.attach_type = attach_type;
	attr.link_create.flags = flags;
	/* The same layout as for tcx. */
	attr.link_create.tcx.relative_id = relative_id;
	attr.link_create.tcx.expected_revision = revision;
	fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
	return fd < 0 ? -errno : fd;
}

/* A program and what it is tied to, by descriptors of the job's own; 0 for none. */
struct hook_job {
	struct job job;
	int program, target;
	uint32_t attach_type;
	union {
		union bpf_iter_link_info iterator;
		struct {
			uint32_t family, hook, flags;
			int32_t priority;
		} netfilter;
	};
	int created;
};

static void hook_release(struct job *job)
{
	struct hook_job *hook = (struct hook_job *)job;

	if (hook->program > 0)
		close(hook->program);
	if (hook->target > 0)
		close(hook->target);
}

static void hook_report(napi_env env, struct job *job, napi_value result)
{
	set_descriptor(env, result, "fd", ((struct hook_job *)job)->created);
}

static int created(struct hook_job *hook, int fd)
{
	hook->created = fd;
	return fd < 0 ? fd : 0;
}

static napi_value start_creating(napi_env env, struct hook_job *hook, int (*run)(struct job *job))
{
	hook->created = -1;
	hook->job.run = run;
	hook->job.report = hook_report;
	hook->job.release = hook_release;
	return job_start(env, &hook->job);
}

static int attach_run(struct job *job)
{
	struct hook_job *hook = (struct hook_job *)job;

	return bpf_prog_attach(hook->program, hook->target, hook->attach_type, 0);
}

static int detach_run(struct job *job)
{
	struct hook_job *hook = (struct hook_job *)job;

	return bpf_prog_detach2(hook->program, hook->target, hook->attach_type);
}

/* programAttach(programFd, targetFd, attachType, attach): Promise<{}>; without a link, or the reverse */
napi_value program_attach(napi_env env, napi_callback_info info)
{
	struct hook_job *hook = calloc(1, sizeof(*hook));
	int32_t program, target;
	bool attach;

	if (!hook)
		return NULL;
	if (!read_arguments(env, info, "iiut", &program, &target, &hook->attach_type, &attach)) {
		free(hook);
		return NULL;
	}
	hook->program = job_duplicate(program);
	hook->target = job_duplicate(target);
	hook->job.run = attach ? attach_run : detach_run;
	hook->job.release = hook_release;
	return job_start(env, &hook->job);
}

static int iterator_run(struct job *job)
{
	struct hook_job *hook = (struct hook_job *)job;
	LIBBPF_OPTS(bpf_link_create_opts, opts, .iter_info = &hook->iterator,
		    .iter_info_len = sizeof(hook->iterator));

	return created(hook, bpf_link_create(hook->program, 0, BPF_TRACE_ITER, &opts));
}

/* What an iterator walks, as src/attach-iterator.ts numbers it. */
enum { WALK_ALL, WALK_MAP, WALK_CGROUP, WALK_TASK };

/* iteratorLink(programFd, what, targetFd, number): Promise<{ fd }>; a cgroup's order, or a task's ids */
napi_value iterator_link(napi_env env, napi_callback_info info)
{
	struct hook_job *hook = calloc(1, sizeof(*hook));
	uint32_t what, order_or_thread, process;
	int32_t program, target;

	if (!hook)
		return NULL;
	if (!read_arguments(env, info, "iuiuu", &program, &what, &target, &order_or_thread,
			    &process)) {
		free(hook);
		return NULL;
	}
	hook->program = job_duplicate(program);
	if (what == WALK_MAP || what == WALK_CGROUP)
		hook->target = job_duplicate(target);
	if (what == WALK_MAP)
		hook->iterator.map.map_fd = hook->target;
	if (what == WALK_CGROUP) {
		hook->iterator.cgroup.cgroup_fd = hook->target;
		hook->iterator.cgroup.order = order_or_thread;
	}
	if (what == WALK_TASK) {
		hook->iterator.task.tid = order_or_thread;
		hook->iterator.task.pid = process;
	}
	return start_creating(env, hook, iterator_run);
}

/* iteratorOpen(linkFd): a descriptor to read what the program writes from, or -errno */
napi_value iterator_open(napi_env env, napi_callback_info info)
{
	int32_t fd;

	if (!read_arguments(env, info, "i", &fd))
		return NULL;
	return make_int(env, bpf_iter_create(fd));
}

static int netfilter_run(struct job *job)
{
	struct hook_job *hook = (struct hook_job *)job;
	LIBBPF_OPTS(bpf_link_create_opts, opts, .netfilter.pf = hook->netfilter.family,
		    .netfilter.hooknum = hook->netfilter.hook,
		    .netfilter.priority = hook->netfilter.priority,
		    .netfilter.flags = hook->netfilter.flags);

	return created(hook, bpf_link_create(hook->program, 0, BPF_NETFILTER, &opts));
}

/* netfilterLink(programFd, family, hook, priority, flags, netns?): Promise<{ fd }> */
napi_value netfilter_link(napi_env env, napi_callback_info info)
{
	struct hook_job *hook = calloc(1, sizeof(*hook));
	int32_t program;

	if (!hook)
		return NULL;
	if (!read_arguments(env, info, "iuuiuS", &program, &hook->netfilter.family,
			    &hook->netfilter.hook, &hook->netfilter.priority,
			    &hook->netfilter.flags, &hook->job.netns)) {
		free(hook);
		return NULL;
	}
	hook->program = job_duplicate(program);
	return start_creating(env, hook, netfilter_run);
}
