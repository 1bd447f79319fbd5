/*
 * The descriptors that JavaScript holds as numbers. Those still open when its environment ends are
 * closed: a worker thread that is terminated runs no more JavaScript, and the process lives on.
 */
#pragma once
#include <node_api.h>

/* Once for each environment. */
void descriptors_install(napi_env env);

/* Gives a descriptor to JavaScript, as a number; a negative error number passes through. */
napi_value make_descriptor(napi_env env, int fd);
void set_descriptor(napi_env env, napi_value object, const char *name, int fd);

/* It was closed, or taken over from JavaScript. */
void descriptor_forget(napi_env env, int fd);
