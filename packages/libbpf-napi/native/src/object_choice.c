/* What is chosen of an object before it is loaded. */
#include <errno.h>
#include "exports.h"
#include "object.h"

/* objectAutocreate(object, map, create): 0 or -errno */
napi_value object_autocreate(napi_env env, napi_callback_info info)
{
	struct object *object;
	struct text name;
	struct bpf_map *map;
	bool create;

	if (!OBJECT_ARGUMENTS(env, info, "st", object, &name, &create))
		return NULL;
	map = bpf_object__find_map_by_name(object->handle, name.data);
	return make_int(env, map ? bpf_map__set_autocreate(map, create) : -ENOENT);
}
