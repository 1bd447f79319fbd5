/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RTNETLINK_ARGUMENTS_H
#define RTNETLINK_ARGUMENTS_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>

/* Fills `values`; false unless the call has exactly `count` arguments. */
bool get_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values);

bool get_int(napi_env env, napi_value value, int *number);

bool get_bool(napi_env env, napi_value value, bool *truth);

bool is_function(napi_env env, napi_value value);

/* A copy from malloc with a NUL at its end; NULL unless `value` is a string. */
char *get_string(napi_env env, napi_value value);

/* A copy from malloc of a Uint8Array's content; NULL unless `value` is one. */
void *get_bytes(napi_env env, napi_value value, size_t *length);

#endif
