/* Maps that need more than type, sizes and flags to be made, and maps that others made. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include "descriptors.h"
#include "exports.h"
#include "value.h"

/* Type information of `int` and of a struct of `size` bytes; the ids are returned in `opts`. */
static int describe_storage(struct btf *btf, uint32_t size, struct bpf_map_create_opts *opts)
{
	int key = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	int byte = btf__add_int(btf, "unsigned char", 1, 0);
	int array = btf__add_array(btf, key, byte, size);
	int value = btf__add_struct(btf, "value", size);
	int error = btf__add_field(btf, "bytes", array, 0, 0);

	if (key < 0 || byte < 0 || array < 0 || value < 0 || error)
		return -ENOMEM;
	opts->btf_key_type_id = key;
	opts->btf_value_type_id = value;
	return btf__load_into_kernel(btf);
}

/*
 * mapCreateWith(type, name, keySize, valueSize, maxEntries, flags, extra, innerFd, described):
 * a descriptor, or -errno. `innerFd` is a map that those inside will be like, or -1; a `described`
 * map gets type information, which the kernel asks of storage.
 */
napi_value map_create_with(napi_env env, napi_callback_info info)
{
	uint32_t type, key_size, value_size, max_entries, flags;
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	struct btf *btf = NULL;
	struct text name;
	bool described;
	int32_t inner;
	int result = 0;

	if (!read_arguments(env, info, "usuuuuqit", &type, &name, &key_size, &value_size,
			    &max_entries, &flags, &opts.map_extra, &inner, &described))
		return NULL;
	opts.map_flags = flags;
	opts.inner_map_fd = inner < 0 ? 0 : inner;
	if (described) {
		btf = btf__new_empty();
		result = btf ? describe_storage(btf, value_size, &opts) : -ENOMEM;
		opts.btf_fd = btf ? btf__fd(btf) : -1;
	}
	if (!result)
		result = bpf_map_create(type, name.data, key_size, value_size, max_entries, &opts);
	btf__free(btf);
	return make_descriptor(env, result);
}

/* mapById(id): a descriptor, or -errno */
napi_value map_by_id(napi_env env, napi_callback_info info)
{
	uint32_t id;

	if (!read_arguments(env, info, "u", &id))
		return NULL;
	return make_descriptor(env, bpf_map_get_fd_by_id(id));
}

/* probeMapType(type): 1 when the kernel has such maps, 0 when it does not, or -errno */
napi_value probe_map_type(napi_env env, napi_callback_info info)
{
	uint32_t type;

	if (!read_arguments(env, info, "u", &type))
		return NULL;
	return make_int(env, libbpf_probe_bpf_map_type(type, NULL));
}
