/* Links: what ties a program to a hook. All that takes the networking lock is off the event loop. */
#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <unistd.h>
#include "descriptors.h"
#include "exports.h"
#include "hook.h"
#include "job.h"
#include "link_info.h"
#include "value.h"

struct link_job {
	struct job job;
	/* Descriptors of this job's own: of a program, or of the link to change. */
	int fd, program, old_program;
	/* Interface index, or a descriptor of this job's own when `owns_target`. */
	int32_t target;
	bool owns_target;
	uint32_t attach_type, flags, relative_id;
	uint64_t revision;
	int created;
};

static void close_if_open(int fd)
{
	if (fd > 0)
		close(fd);
}

static void link_release(struct job *job)
{
	struct link_job *link = (struct link_job *)job;

	close_if_open(link->fd);
	close_if_open(link->program);
	close_if_open(link->old_program);
	if (link->owns_target)
		close_if_open(link->target);
}

static bool is_multi_program(uint32_t attach_type)
{
	return attach_type == BPF_TCX_INGRESS || attach_type == BPF_TCX_EGRESS ||
	       attach_type == BPF_NETKIT_PRIMARY || attach_type == BPF_NETKIT_PEER;
}

/* At a place among others, where libbpf 1.5 cannot put it: at a cgroup. */
static bool is_placed(const struct link_job *link)
{
	return !is_multi_program(link->attach_type) && link->attach_type != BPF_XDP &&
	       (link->flags || link->relative_id || link->revision);
}

static int create_run(struct job *job)
{
	struct link_job *link = (struct link_job *)job;
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = link->flags);

	if (link->program < 0)
		return link->program;
	/* tcx and netkit have the same options, at the same place. */
	if (is_multi_program(link->attach_type)) {
		opts.tcx.relative_id = link->relative_id;
		opts.tcx.expected_revision = link->revision;
	}
	link->created = is_placed(link)
				? cgroup_link_create(link->program, link->target, link->attach_type,
						     link->flags, link->relative_id, link->revision)
				: bpf_link_create(link->program, link->target, link->attach_type,
						  &opts);
	return link->created < 0 ? link->created : 0;
}

static void create_report(napi_env env, struct job *job, napi_value result)
{
	set_descriptor(env, result, "fd", ((struct link_job *)job)->created);
}

/*
 * linkCreate(programFd, target, targetIsFd, attachType, flags, relativeId, revision, netns?):
 * Promise<{ fd }>
 */
napi_value link_create(napi_env env, napi_callback_info info)
{
	struct link_job *link = calloc(1, sizeof(*link));
	int32_t program;

	if (!link)
		return NULL;
	if (!read_arguments(env, info, "iituuuqS", &program, &link->target, &link->owns_target,
			    &link->attach_type, &link->flags, &link->relative_id, &link->revision,
			    &link->job.netns)) {
		free(link);
		return NULL;
	}
	link->program = job_duplicate(program);
	if (link->owns_target)
		link->target = job_duplicate(link->target);
	link->created = -1;
	link->job.run = create_run;
	link->job.report = create_report;
	link->job.release = link_release;
	return job_start(env, &link->job);
}

static int update_run(struct job *job)
{
	struct link_job *link = (struct link_job *)job;
	LIBBPF_OPTS(bpf_link_update_opts, opts);

	if (link->fd < 0 || link->program < 0 || link->old_program < 0)
		return -EBADF;
	if (link->old_program) {
		opts.flags = BPF_F_REPLACE;
		opts.old_prog_fd = link->old_program;
	}
	return bpf_link_update(link->fd, link->program, &opts);
}

/* linkUpdate(fd, programFd, oldProgramFd): Promise<{}>; an old program of -1 stands for any */
napi_value link_update(napi_env env, napi_callback_info info)
{
	struct link_job *link = calloc(1, sizeof(*link));
	int32_t fd, program, old_program;

	if (!link)
		return NULL;
	if (!read_arguments(env, info, "iii", &fd, &program, &old_program)) {
		free(link);
		return NULL;
	}
	link->fd = job_duplicate(fd);
	link->program = job_duplicate(program);
	if (old_program >= 0)
		link->old_program = job_duplicate(old_program);
	link->job.run = update_run;
	link->job.release = link_release;
	return job_start(env, &link->job);
}

static int detach_run(struct job *job)
{
	struct link_job *link = (struct link_job *)job;

	return link->fd < 0 ? link->fd : bpf_link_detach(link->fd);
}

/* linkDetach(fd): Promise<{}> */
napi_value link_detach(napi_env env, napi_callback_info info)
{
	struct link_job *link = calloc(1, sizeof(*link));
	int32_t fd;

	if (!link)
		return NULL;
	if (!read_arguments(env, info, "i", &fd)) {
		free(link);
		return NULL;
	}
	link->fd = job_duplicate(fd);
	link->job.run = detach_run;
	link->job.release = link_release;
	return job_start(env, &link->job);
}

static int close_run(struct job *job)
{
	struct link_job *link = (struct link_job *)job;
	int fd = link->fd;

	link->fd = -1;
	return close(fd) ? -errno : 0;
}

/* linkClose(fd): Promise<{}>; takes the descriptor over. Closing the last one detaches, which can take long. */
napi_value link_close(napi_env env, napi_callback_info info)
{
	struct link_job *link = calloc(1, sizeof(*link));

	if (!link)
		return NULL;
	if (!read_arguments(env, info, "i", &link->fd)) {
		free(link);
		return NULL;
	}
	descriptor_forget(env, link->fd);
	link->job.run = close_run;
	link->job.release = link_release;
	return job_start(env, &link->job);
}

static void set_target(napi_env env, napi_value result, const struct bpf_link_info *link)
{
	switch (link->type) {
	case BPF_LINK_TYPE_TCX:
	case BPF_LINK_TYPE_NETKIT:
		set_int(env, result, "ifindex", link->tcx.ifindex);
		set_int(env, result, "attachType", link->tcx.attach_type);
		break;
	case BPF_LINK_TYPE_XDP:
		set_int(env, result, "ifindex", link->xdp.ifindex);
		break;
	case BPF_LINK_TYPE_CGROUP:
		set_bigint(env, result, "cgroupId", link->cgroup.cgroup_id);
		set_int(env, result, "attachType", link->cgroup.attach_type);
		break;
	}
}

/* linkInfo(fd): { id, type, programId, ifindex?, attachType?, cgroupId?, and more: see link_info.c } or -errno */
napi_value link_info(napi_env env, napi_callback_info info)
{
	struct bpf_link_info link = {};
	uint32_t size = sizeof(link);
	napi_value result;
	int32_t fd;
	int error;

	if (!read_arguments(env, info, "i", &fd))
		return NULL;
	error = bpf_link_get_info_by_fd(fd, &link, &size);
	if (error)
		return make_int(env, error);
	result = make_object(env);
	set_int(env, result, "id", link.id);
	set_int(env, result, "type", link.type);
	set_int(env, result, "programId", link.prog_id);
	set_target(env, result, &link);
	describe_link_target(env, result, fd, &link);
	return result;
}

/* The kernel keeps at most 64 programs at one hook of a device (BPF_MPROG_MAX). */
#define MAX_PROGRAMS 64

struct query_job {
	struct job job;
	int32_t ifindex;
	uint32_t attach_type;
	uint32_t count, programs[MAX_PROGRAMS], links[MAX_PROGRAMS];
	uint64_t revision;
};

/* A kernel without tcx refuses a query before it looks for the device. */
static int query_error(int error, int32_t ifindex)
{
	char name[IF_NAMESIZE];

	return error == -EINVAL && !if_indextoname(ifindex, name) ? -ENODEV : error;
}

static int query_run(struct job *job)
{
	struct query_job *query = (struct query_job *)job;
	LIBBPF_OPTS(bpf_prog_query_opts, opts, .prog_ids = query->programs,
		    .link_ids = query->links, .count = MAX_PROGRAMS);
	int error = bpf_prog_query_opts(query->ifindex, query->attach_type, &opts);

	if (error)
		return query_error(error, query->ifindex);
	query->count = opts.count;
	query->revision = opts.revision;
	return 0;
}

static void query_report(napi_env env, struct job *job, napi_value result)
{
	struct query_job *query = (struct query_job *)job;

	set_bigint(env, result, "revision", query->revision);
	set_value(env, result, "programIds", make_u32_array(env, query->programs, query->count));
	set_value(env, result, "linkIds", make_u32_array(env, query->links, query->count));
}

/* deviceQuery(ifindex, attachType, netns?): Promise<{ revision, programIds, linkIds }> */
napi_value device_query(napi_env env, napi_callback_info info)
{
	struct query_job *query = calloc(1, sizeof(*query));

	if (!query)
		return NULL;
	if (!read_arguments(env, info, "iuS", &query->ifindex, &query->attach_type,
			    &query->job.netns)) {
		free(query);
		return NULL;
	}
	query->job.run = query_run;
	query->job.report = query_report;
	return job_start(env, &query->job);
}
