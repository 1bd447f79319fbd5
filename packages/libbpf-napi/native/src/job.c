#include "job.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include "netns.h"

static void run(void *data)
{
	struct job *job = data;

	log_begin(&job->log);
	job->error = job->run(job);
	log_end();
}

static void execute(napi_env env, void *data)
{
	struct job *job = data;
	int error;

	(void)env;
	if (!job->netns.data[0]) {
		run(job);
		return;
	}
	error = netns_run(job->netns.data, run, job);
	if (error)
		job->error = error;
}

static void finish(struct job *job)
{
	if (job->release)
		job->release(job);
	log_free(&job->log);
	free(job);
}

static void complete(napi_env env, napi_status status, void *data)
{
	struct job *job = data;
	napi_value result = make_object(env);

	if (status == napi_cancelled)
		job->error = -ECANCELED;
	set_int(env, result, "error", -job->error);
	set_value(env, result, "log",
		  make_string(env, job->log.text ? job->log.text : "", job->log.length));
	if (job->report && result)
		job->report(env, job, result);
	napi_resolve_deferred(env, job->deferred, result);
	napi_delete_async_work(env, job->work);
	finish(job);
}

napi_value job_start(napi_env env, struct job *job)
{
	napi_value promise = NULL, name = make_string(env, "libbpf-napi", NAPI_AUTO_LENGTH);

	if (napi_create_promise(env, &job->deferred, &promise) != napi_ok ||
	    napi_create_async_work(env, NULL, name, execute, complete, job, &job->work) !=
		    napi_ok ||
	    napi_queue_async_work(env, job->work) != napi_ok) {
		napi_throw_error(env, NULL, "the work could not be queued");
		finish(job);
		return NULL;
	}
	return promise;
}

int job_duplicate(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return copy < 0 ? -errno : copy;
}
