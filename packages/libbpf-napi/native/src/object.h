/* What the functions on opened and loaded objects have in common. */
#pragma once
#include <bpf/libbpf.h>
#include "value.h"

/* Held by the external value and by work in flight; both counted on the event loop only. */
struct object {
	struct bpf_object *handle;
	int holders;
	bool busy;
	/* A load was tried, so that what decides it can no longer be changed. */
	bool sealed;
	/* How many buffers JavaScript has of its arena's memory; then it is closed when they are gone. */
	int arenas;
	struct bpf_object *kept;
};

/* Gives up one of the holders. */
void object_release(void *data);

/* Reads the arguments; the first is an object, which must be open and idle. */
#define OBJECT_ARGUMENTS(env, info, format, object, ...)                    \
	(read_arguments(env, info, "o" format, &(object), ##__VA_ARGS__) && \
	 object_idle(env, object))

/* Throws and returns false when the object is closed or being loaded. */
bool object_idle(napi_env env, const struct object *object);
