/* Linking object files into one. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include "exports.h"
#include "job.h"
#include "value.h"

struct link_objects_job {
	struct job job;
	struct text output;
	struct text *inputs;
	uint32_t count;
};

static int link_objects_run(struct job *job)
{
	struct link_objects_job *link = (struct link_objects_job *)job;
	struct bpf_linker *linker;
	int error = 0;

	linker = bpf_linker__new(link->output.data, NULL);
	if (!linker)
		return -errno;
	for (uint32_t i = 0; !error && i < link->count; i++) {
		/* libbpf asks errno why libelf failed, which does not set it, and would go on with 0. */
		errno = EINVAL;
		error = bpf_linker__add_file(linker, link->inputs[i].data, NULL);
	}
	if (!error)
		error = bpf_linker__finalize(linker);
	bpf_linker__free(linker);
	return error;
}

static void link_objects_release(struct job *job)
{
	free(((struct link_objects_job *)job)->inputs);
}

static bool read_inputs(napi_env env, napi_value array, struct link_objects_job *link)
{
	napi_value element;

	if (napi_get_array_length(env, array, &link->count) != napi_ok)
		return false;
	link->inputs = calloc(link->count + 1, sizeof(*link->inputs));
	if (!link->inputs)
		return false;
	for (uint32_t i = 0; i < link->count; i++) {
		if (napi_get_element(env, array, i, &element) != napi_ok ||
		    !read_text(env, element, &link->inputs[i]))
			return false;
	}
	return true;
}

/* linkObjects(inputs, output): Promise<{}> */
napi_value link_objects(napi_env env, napi_callback_info info)
{
	struct link_objects_job *link = calloc(1, sizeof(*link));
	napi_value inputs;

	if (!link)
		return NULL;
	if (!read_arguments(env, info, "vs", &inputs, &link->output) ||
	    !read_inputs(env, inputs, link)) {
		free(link->inputs);
		free(link);
		return NULL;
	}
	link->job.run = link_objects_run;
	link->job.release = link_objects_release;
	return job_start(env, &link->job);
}
