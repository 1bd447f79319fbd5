/* The memory of an object's arena, which libbpf maps when it loads the object. */
#include <errno.h>
#include <unistd.h>
#include "exports.h"
#include "object.h"

/* Runs when nothing in JavaScript refers to the memory any more. */
static void let_go(napi_env env, void *data, void *hint)
{
	(void)env;
	(void)data;
	object_unhold(hint);
}

/*
 * objectArena(object, map): an ArrayBuffer, or -errno. Closing the object leaves the memory mapped
 * until the buffer is detached, or collected.
 */
napi_value object_arena(napi_env env, napi_callback_info info)
{
	struct object *object;
	struct text name;
	struct bpf_map *map;
	napi_value buffer;
	size_t size;
	void *data;

	if (!OBJECT_ARGUMENTS(env, info, "s", object, &name))
		return NULL;
	map = bpf_object__find_map_by_name(object->handle, name.data);
	data = map ? bpf_map__initial_value(map, &size) : NULL;
	if (!data)
		return make_int(env, -ENOENT);
	size = (size_t)bpf_map__max_entries(map) * sysconf(_SC_PAGE_SIZE);
	if (napi_create_external_arraybuffer(env, data, size, let_go, object, &buffer) != napi_ok)
		return make_int(env, -ENOMEM);
	object_hold(object);
	return buffer;
}
