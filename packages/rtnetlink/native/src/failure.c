/* SPDX-License-Identifier: Apache-2.0 */
#include "failure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int failed(struct failure *failure, const char *call)
{
	failure->number = errno;
	failure->call = call;
	return -1;
}

napi_value error_of(napi_env env, const struct failure *failure)
{
	char text[256];
	napi_value message, error, number, call;

	snprintf(text, sizeof(text), "%s: %s", failure->call, strerror(failure->number));
	napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &message);
	napi_create_error(env, NULL, message, &error);
	napi_create_int32(env, failure->number, &number);
	napi_set_named_property(env, error, "errno", number);
	napi_create_string_utf8(env, failure->call, NAPI_AUTO_LENGTH, &call);
	napi_set_named_property(env, error, "syscall", call);
	return error;
}

napi_value throw_failure(napi_env env, const struct failure *failure)
{
	napi_throw(env, error_of(env, failure));
	return NULL;
}

napi_value throw_arguments(napi_env env)
{
	napi_throw_type_error(env, NULL, "the rtnetlink addon was called with wrong arguments");
	return NULL;
}
