/* What is chosen of an object before it is loaded. */
#include <bpf/bpf.h>
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

/* All maps but those of perf events, which stay with the kernel. */
static void offload_maps(struct bpf_object *object, uint32_t ifindex)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		if (bpf_map__type(map) != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
			bpf_map__set_ifindex(map, ifindex);
	}
}

/*
 * objectDevice(object, program, ifindex, offload): 0 or -errno. Offloaded, the program runs on the
 * device, and has its maps there; otherwise it is bound to the device, and runs in the kernel.
 */
napi_value object_device(napi_env env, napi_callback_info info)
{
	struct bpf_program *program;
	struct object *object;
	struct text name;
	uint32_t ifindex;
	bool offload;
	int error;

	if (!OBJECT_ARGUMENTS(env, info, "sut", object, &name, &ifindex, &offload))
		return NULL;
	program = bpf_object__find_program_by_name(object->handle, name.data);
	if (!program)
		return make_int(env, -ENOENT);
	if (offload) {
		offload_maps(object->handle, ifindex);
		error = 0;
	} else {
		error = bpf_program__set_flags(program, bpf_program__flags(program) |
								BPF_F_XDP_DEV_BOUND_ONLY);
	}
	if (!error)
		bpf_program__set_ifindex(program, ifindex);
	return make_int(env, error);
}
