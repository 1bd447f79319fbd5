/* An opened object file, as JavaScript holds it. */
#pragma once
#include <bpf/libbpf.h>
#include <node_api.h>
#include <stdbool.h>
#include "value.h"

/* Held by the external value, by work in flight and by links; all counted on the event loop only. */
struct object {
	struct bpf_object *handle;
	int holders;
	bool busy;
	/* A load was tried, so that what decides it can no longer be changed. */
	bool sealed;
	/* How much needs the handle, so that it is closed only afterwards. */
	int users;
	bool closing;
};

/* Whether the object is open and no work runs that changes it; throws when it is not. */
bool object_idle(napi_env env, const struct object *object);

/* For what is attached by way of the object, or mapped: keeps it open, even after JavaScript closed it. */
void object_hold(struct object *object);
void object_unhold(struct object *object);

/* Drops a holder; the last one closes the object. */
void object_release(void *data);

/* Reads the arguments; the first is an object, which must be open and idle. */
#define OBJECT_ARGUMENTS(env, info, format, object, ...)                    \
	(read_arguments(env, info, "o" format, &(object), ##__VA_ARGS__) && \
	 object_idle(env, object))
