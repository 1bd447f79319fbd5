/* Who keeps an object open. All of it on the event loop. */
#include <stdlib.h>
#include "object.h"

bool object_idle(napi_env env, const struct object *object)
{
	if (object->handle && !object->busy && !object->closing)
		return true;
	napi_throw_error(env, NULL, "the object is closed or being loaded");
	return false;
}

void object_release(void *data)
{
	struct object *object = data;

	if (--object->holders)
		return;
	bpf_object__close(object->handle);
	free(object);
}

void object_hold(struct object *object)
{
	object->holders++;
	object->users++;
}

void object_unhold(struct object *object)
{
	object->users--;
	if (object->closing && !object->users) {
		bpf_object__close(object->handle);
		object->handle = NULL;
	}
	object_release(object);
}
