/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RTNETLINK_FAILURE_H
#define RTNETLINK_FAILURE_H

#include <node_api.h>

/* Which system call failed and with which errno; number 0 is success. */
struct failure {
	int number;
	const char *call;
};

/* Notes that `call` failed with the current errno. Returns -1, so that a caller can return it. */
int failed(struct failure *failure, const char *call);

/* A JavaScript Error "call: text" with the properties `errno` (positive) and `syscall`. */
napi_value error_of(napi_env env, const struct failure *failure);

/* Throws error_of(failure) and returns NULL. */
napi_value throw_failure(napi_env env, const struct failure *failure);

/* Throws a TypeError for a call with wrong arguments and returns NULL. */
napi_value throw_arguments(napi_env env);

#endif
