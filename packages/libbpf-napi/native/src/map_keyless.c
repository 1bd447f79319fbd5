/* Entries that leave a map when they are read, and maps without keys: queue, stack, bloom filter. */
#include <bpf/bpf.h>
#include "exports.h"
#include "value.h"

/*
 * mapTake(fd, key?, value): fills `value` with the entry of the key, or the next one of a map
 * without keys, and deletes it; 0 or -errno. The caller answers for both sizes.
 */
napi_value map_take(napi_env env, napi_callback_info info)
{
	struct bytes key, value;
	int32_t fd;

	if (!read_arguments(env, info, "iBb", &fd, &key, &value))
		return NULL;
	return make_int(env,
			bpf_map_lookup_and_delete_elem(fd, key.size ? key.data : NULL, value.data));
}

/* mapPush(fd, value, flags): 0 or -errno. The caller answers for the size. */
napi_value map_push(napi_env env, napi_callback_info info)
{
	struct bytes value;
	uint32_t flags;
	int32_t fd;

	if (!read_arguments(env, info, "ibu", &fd, &value, &flags))
		return NULL;
	return make_int(env, bpf_map_update_elem(fd, NULL, value.data, flags));
}

/*
 * mapPeek(fd, value): fills `value` with the next entry of a queue or stack; asks a bloom filter
 * for it. 0 or -errno. The caller answers for the size.
 */
napi_value map_peek(napi_env env, napi_callback_info info)
{
	struct bytes value;
	int32_t fd;

	if (!read_arguments(env, info, "ib", &fd, &value))
		return NULL;
	return make_int(env, bpf_map_lookup_elem(fd, NULL, value.data));
}
