/* Programs attached by libbpf, each with its `struct bpf_link`, which some kinds need for the end. */
#include "attach.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "descriptors.h"
#include "exports.h"
#include "job.h"
#include "object.h"

struct attached {
	/* NULL once it was closed. */
	struct bpf_link *link;
	struct object *object;
	/* The link's descriptor, or -1 where there is not exactly one. */
	int fd;
};

/* USDT keeps its books in the object, without a lock. */
static pthread_mutex_t usdt_books = PTHREAD_MUTEX_INITIALIZER;

static int destroy(struct bpf_link *link)
{
	int error;

	pthread_mutex_lock(&usdt_books);
	error = bpf_link__destroy(link);
	pthread_mutex_unlock(&usdt_books);
	return error;
}

static void attached_finalize(void *data)
{
	struct attached *attached = data;

	if (attached->link) {
		destroy(attached->link);
		object_unhold(attached->object);
	}
	free(attached);
}

struct attach_job {
	struct job job;
	struct object *object;
	/* One of them. */
	const struct bpf_program *program;
	const struct bpf_map *map;
	struct attach_request request;
	char *name_bytes;
	struct bpf_link *link;
};

static bool is_usdt(const struct attach_job *attach)
{
	return attach->program && (attach->request.kind == ATTACH_USDT ||
				   !strncmp(bpf_program__section_name(attach->program), "usdt", 4));
}

static int attach_run(struct job *job)
{
	struct attach_job *attach = (struct attach_job *)job;
	bool usdt = is_usdt(attach);
	int error;

	if (usdt)
		pthread_mutex_lock(&usdt_books);
	attach->link = attach->map ? bpf_map__attach_struct_ops(attach->map)
				   : attach_by(attach->program, &attach->request);
	error = attach->link ? 0 : -errno;
	if (usdt)
		pthread_mutex_unlock(&usdt_books);
	return error;
}

static void attach_report(napi_env env, struct job *job, napi_value result)
{
	struct attach_job *attach = (struct attach_job *)job;
	struct attached *attached;

	if (!attach->link)
		return;
	attached = calloc(1, sizeof(*attached));
	if (!attached)
		return;
	attached->link = attach->link;
	attached->object = attach->object;
	attached->fd = is_usdt(attach) ? -1 : bpf_link__fd(attach->link);
	/* The link is now this value's, and so is the hold of the object. */
	attach->link = NULL;
	attach->object = NULL;
	if (attach->request.kind == ATTACH_PERF_EVENT)
		descriptor_forget(env, attach->request.number);
	set_int(env, result, "fd", attached->fd);
	set_value(env, result, "attached",
		  make_external(env, &attached_tag, attached, attached_finalize));
}

/* Runs on the event loop, when the work is done. */
static void attach_release(struct job *job)
{
	struct attach_job *attach = (struct attach_job *)job;

	if (attach->link)
		destroy(attach->link);
	if (attach->object)
		object_unhold(attach->object);
	free(attach->request.names);
	free(attach->request.cookies);
	free(attach->name_bytes);
}

/* Names that end with zeros each. */
static bool copy_names(struct attach_job *attach, struct bytes names)
{
	uint32_t count = 0;
	char *name;

	if (!names.size)
		return true;
	for (size_t i = 0; i < names.size; i++)
		count += !((const char *)names.data)[i];
	attach->name_bytes = malloc(names.size + 1);
	attach->request.names = calloc(count + 1, sizeof(*attach->request.names));
	if (!attach->name_bytes || !attach->request.names)
		return false;
	memcpy(attach->name_bytes, names.data, names.size);
	attach->name_bytes[names.size] = '\0';
	name = attach->name_bytes;
	for (uint32_t i = 0; i < count; i++) {
		attach->request.names[i] = name;
		name += strlen(name) + 1;
	}
	attach->request.count = count;
	return true;
}

/* As many as there are names. */
static bool copy_cookies(struct attach_job *attach, struct bytes cookies)
{
	if (!cookies.size)
		return true;
	if (cookies.size != attach->request.count * sizeof(uint64_t))
		return false;
	attach->request.cookies = malloc(cookies.size);
	if (!attach->request.cookies)
		return false;
	memcpy(attach->request.cookies, cookies.data, cookies.size);
	return true;
}

static napi_value start(napi_env env, struct attach_job *attach, struct object *object)
{
	object_hold(object);
	attach->object = object;
	attach->job.run = attach_run;
	attach->job.report = attach_report;
	attach->job.release = attach_release;
	return job_start(env, &attach->job);
}

static napi_value refuse(napi_env env, struct attach_job *attach, const char *reason)
{
	attach_release(&attach->job);
	free(attach);
	if (reason)
		napi_throw_error(env, NULL, reason);
	return NULL;
}

/*
 * objectAttach(object, program, kind, first?, second?, names?, cookies?, cookie, offset, atReturn, number):
 * Promise<{ attached?, fd? }>; names end with zeros each, cookies are 8 bytes each, as many as names
 */
napi_value object_attach(napi_env env, napi_callback_info info)
{
	struct attach_job *attach = calloc(1, sizeof(*attach));
	struct attach_request *request;
	struct object *object;
	struct bytes names, cookies;
	struct text name;
	uint32_t kind;

	if (!attach)
		return NULL;
	request = &attach->request;
	if (!read_arguments(env, info, "osuSSBBqqti", &object, &name, &kind, &request->first,
			    &request->second, &names, &cookies, &request->cookie, &request->offset,
			    &request->at_return, &request->number) ||
	    !object_idle(env, object))
		return refuse(env, attach, NULL);
	request->kind = kind;
	attach->program = bpf_object__find_program_by_name(object->handle, name.data);
	if (!attach->program)
		return refuse(env, attach, "the object has no such program");
	if (!copy_names(attach, names) || !copy_cookies(attach, cookies))
		return refuse(env, attach, "not as many cookies as names, or out of memory");
	return start(env, attach, object);
}

/* objectAttachMap(object, map): Promise<{ attached?, fd? }>; for maps of struct_ops */
napi_value object_attach_map(napi_env env, napi_callback_info info)
{
	struct attach_job *attach = calloc(1, sizeof(*attach));
	struct object *object;
	struct text name;

	if (!attach)
		return NULL;
	if (!read_arguments(env, info, "os", &object, &name) || !object_idle(env, object))
		return refuse(env, attach, NULL);
	attach->map = bpf_object__find_map_by_name(object->handle, name.data);
	if (!attach->map)
		return refuse(env, attach, "the object has no such map");
	return start(env, attach, object);
}

struct close_job {
	struct job job;
	struct bpf_link *link;
	struct object *object;
};

static int close_run(struct job *job)
{
	return destroy(((struct close_job *)job)->link);
}

static void close_release(struct job *job)
{
	object_unhold(((struct close_job *)job)->object);
}

/* attachedClose(attached): Promise<{}>; detaches. To be called once. */
napi_value attached_close(napi_env env, napi_callback_info info)
{
	struct close_job *job;
	struct attached *attached;

	if (!read_arguments(env, info, "l", &attached) || !attached->link)
		return NULL;
	job = calloc(1, sizeof(*job));
	if (!job)
		return NULL;
	job->link = attached->link;
	job->object = attached->object;
	attached->link = NULL;
	job->job.run = close_run;
	job->job.release = close_release;
	return job_start(env, &job->job);
}
