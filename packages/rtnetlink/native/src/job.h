/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RTNETLINK_JOB_H
#define RTNETLINK_JOB_H

#include "failure.h"

/*
 * A blocking call made on libuv's thread pool, and the promise of its result.
 * It is the first member of a struct from malloc that carries the call's arguments.
 */
struct job {
	/* On a pool thread. Says in `failure` what went wrong. */
	void (*run)(struct job *job);
	/* On the JavaScript thread after success; NULL where the promise is of undefined. */
	napi_value (*result)(napi_env env, struct job *job);
	/* On the JavaScript thread at the end; frees the arguments, not the job. May be NULL. */
	void (*release)(struct job *job);
	struct failure failure;
	napi_async_work work;
	napi_deferred deferred;
};

/* Queues the job, which it then owns, and returns the promise. */
napi_value start_job(napi_env env, struct job *job);

#endif
