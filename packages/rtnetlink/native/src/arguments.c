/* SPDX-License-Identifier: Apache-2.0 */
#include "arguments.h"

#include <stdlib.h>
#include <string.h>

bool get_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values)
{
	size_t given = count;

	return napi_get_cb_info(env, info, &given, values, NULL, NULL) == napi_ok && given == count;
}

bool get_int(napi_env env, napi_value value, int *number)
{
	return napi_get_value_int32(env, value, number) == napi_ok;
}

bool get_bool(napi_env env, napi_value value, bool *truth)
{
	return napi_get_value_bool(env, value, truth) == napi_ok;
}

bool is_function(napi_env env, napi_value value)
{
	napi_valuetype type;

	return napi_typeof(env, value, &type) == napi_ok && type == napi_function;
}

char *get_string(napi_env env, napi_value value)
{
	size_t length;
	char *text;

	if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok)
		return NULL;
	text = malloc(length + 1);
	if (text != NULL)
		napi_get_value_string_utf8(env, value, text, length + 1, &length);
	return text;
}

void *get_bytes(napi_env env, napi_value value, size_t *length)
{
	napi_typedarray_type type;
	bool typed = false;
	void *data, *copy;

	if (napi_is_typedarray(env, value, &typed) != napi_ok || !typed ||
	    napi_get_typedarray_info(env, value, &type, length, &data, NULL, NULL) != napi_ok ||
	    type != napi_uint8_array)
		return NULL;
	/* One byte more, so that NULL means failure also for an empty array. */
	copy = malloc(*length + 1);
	if (copy != NULL && *length > 0)
		memcpy(copy, data, *length);
	return copy;
}
