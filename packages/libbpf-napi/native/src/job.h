/* Work off the event loop whose result is a promise. */
#pragma once
#include "log.h"
#include "value.h"

/* The first member of each kind of work's own struct, which was allocated zeroed by calloc. */
struct job {
	/* Runs on a thread of the pool, without JavaScript. Returns 0 or a negative error number. */
	int (*run)(struct job *job);
	/* Adds what it found out to the result, on the event loop. May be NULL. */
	void (*report)(napi_env env, struct job *job, napi_value result);
	/* Frees what the struct owns, not the struct. May be NULL. */
	void (*release)(struct job *job);
	/* The network namespace it runs in; empty for the process's own. */
	struct text netns;

	/* The rest is job.c's. */
	int error;
	struct log log;
	napi_async_work work;
	napi_deferred deferred;
};

/*
 * Starts the work and returns a promise of `{ error, log, ... }`: the error number, positive, or 0;
 * what libbpf printed; and what `report` adds. Takes over the job.
 */
napi_value job_start(napi_env env, struct job *job);

/* A second descriptor of the same thing, so that work in flight survives a close; negative on error. */
int job_duplicate(int fd);
