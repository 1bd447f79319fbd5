/* What a program of an object is written against, chosen before it is loaded. */
#include <errno.h>
#include <stdlib.h>
#include "exports.h"
#include "job.h"
#include "object.h"

struct target_job {
	struct job job;
	struct object *object;
	struct bpf_program *program;
	/* The descriptor stays the caller's until the object is loaded. */
	int32_t target;
	struct text function;
};

/* Reads the type information of the kernel, which takes milliseconds, or of the program. */
static int target_run(struct job *job)
{
	struct target_job *target = (struct target_job *)job;

	return bpf_program__set_attach_target(target->program, target->target,
					      target->function.data);
}

static void target_release(struct job *job)
{
	struct object *object = ((struct target_job *)job)->object;

	object->busy = false;
	object_unhold(object);
}

/* objectAttachTarget(object, program, targetFd, function): Promise<{}>; 0 for a function of the kernel */
napi_value object_attach_target(napi_env env, napi_callback_info info)
{
	struct target_job *target = calloc(1, sizeof(*target));
	struct object *object;
	struct text name;

	if (!target)
		return NULL;
	if (!read_arguments(env, info, "osis", &object, &name, &target->target,
			    &target->function) ||
	    !object_idle(env, object)) {
		free(target);
		return NULL;
	}
	target->program = bpf_object__find_program_by_name(object->handle, name.data);
	if (!target->program) {
		free(target);
		napi_throw_error(env, NULL, "the object has no such program");
		return NULL;
	}
	object_hold(object);
	object->busy = true;
	target->object = object;
	target->job.run = target_run;
	target->job.release = target_release;
	return job_start(env, &target->job);
}
