/* SPDX-License-Identifier: Apache-2.0 */
#include "job.h"

#include <stdlib.h>

static void execute(napi_env env, void *data)
{
	struct job *job = data;

	(void)env;
	job->run(job);
}

static void finish(napi_env env, struct job *job)
{
	if (job->release != NULL)
		job->release(job);
	if (job->work != NULL)
		napi_delete_async_work(env, job->work);
	free(job);
}

static void settle(napi_env env, napi_status status, void *data)
{
	struct job *job = data;
	napi_value value;

	if (status != napi_ok) {
		/* Cancelled: the environment ends and nobody waits for the promise any more. */
		finish(env, job);
		return;
	}
	napi_get_undefined(env, &value);
	if (job->failure.number != 0) {
		napi_reject_deferred(env, job->deferred, error_of(env, &job->failure));
	} else {
		if (job->result != NULL)
			value = job->result(env, job);
		napi_resolve_deferred(env, job->deferred, value);
	}
	finish(env, job);
}

napi_value start_job(napi_env env, struct job *job)
{
	napi_value name, promise;

	job->work = NULL;
	job->failure.number = 0;
	if (napi_create_string_utf8(env, "rtnetlink", NAPI_AUTO_LENGTH, &name) != napi_ok ||
	    napi_create_promise(env, &job->deferred, &promise) != napi_ok ||
	    napi_create_async_work(env, NULL, name, execute, settle, job, &job->work) != napi_ok ||
	    napi_queue_async_work(env, job->work) != napi_ok) {
		finish(env, job);
		napi_throw_error(env, NULL,
				 "the rtnetlink addon cannot queue work: the environment ends");
		return NULL;
	}
	return promise;
}
