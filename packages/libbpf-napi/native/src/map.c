/* Maps, one entry at a time. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "descriptors.h"
#include "exports.h"
#include "value.h"

/* possibleCpus(): how many values an entry of a per-CPU map has, or -errno */
napi_value possible_cpus(napi_env env, napi_callback_info info)
{
	(void)info;
	return make_int(env, libbpf_num_possible_cpus());
}

/* mapCreate(type, name, keySize, valueSize, maxEntries, flags): a descriptor, or -errno */
napi_value map_create(napi_env env, napi_callback_info info)
{
	uint32_t type, key_size, value_size, max_entries, flags;
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	struct text name;

	if (!read_arguments(env, info, "usuuuu", &type, &name, &key_size, &value_size, &max_entries,
			    &flags))
		return NULL;
	opts.map_flags = flags;
	return make_descriptor(
		env, bpf_map_create(type, name.data, key_size, value_size, max_entries, &opts));
}

/* mapLookup(fd, key, value): fills `value`; 0 or -errno. The caller answers for both sizes. */
napi_value map_lookup(napi_env env, napi_callback_info info)
{
	struct bytes key, value;
	int32_t fd;

	if (!read_arguments(env, info, "ibb", &fd, &key, &value))
		return NULL;
	return make_int(env, bpf_map_lookup_elem(fd, key.size ? key.data : NULL, value.data));
}

/* mapUpdate(fd, key, value, flags): 0 or -errno. The caller answers for both sizes. */
napi_value map_update(napi_env env, napi_callback_info info)
{
	struct bytes key, value;
	uint32_t flags;
	int32_t fd;

	if (!read_arguments(env, info, "ibbu", &fd, &key, &value, &flags))
		return NULL;
	return make_int(env,
			bpf_map_update_elem(fd, key.size ? key.data : NULL, value.data, flags));
}

/* mapDelete(fd, key): 0 or -errno. The caller answers for the key's size. */
napi_value map_delete(napi_env env, napi_callback_info info)
{
	struct bytes key;
	int32_t fd;

	if (!read_arguments(env, info, "ib", &fd, &key))
		return NULL;
	return make_int(env, bpf_map_delete_elem(fd, key.size ? key.data : NULL));
}

/* mapFreeze(fd): 0 or -errno */
napi_value map_freeze(napi_env env, napi_callback_info info)
{
	int32_t fd;

	if (!read_arguments(env, info, "i", &fd))
		return NULL;
	return make_int(env, bpf_map_freeze(fd));
}

/* mapInfo(fd): { id, type, ... } or -errno */
napi_value map_info(napi_env env, napi_callback_info info)
{
	struct bpf_map_info map = {};
	uint32_t size = sizeof(map);
	napi_value result;
	int32_t fd;
	int error;

	if (!read_arguments(env, info, "i", &fd))
		return NULL;
	error = bpf_map_get_info_by_fd(fd, &map, &size);
	if (error)
		return make_int(env, error);
	result = make_object(env);
	set_string(env, result, "name", map.name);
	set_int(env, result, "id", map.id);
	set_int(env, result, "type", map.type);
	set_int(env, result, "keySize", map.key_size);
	set_int(env, result, "valueSize", map.value_size);
	set_int(env, result, "maxEntries", map.max_entries);
	set_int(env, result, "flags", map.map_flags);
	set_int(env, result, "btfId", map.btf_id);
	set_int(env, result, "keyTypeId", map.btf_key_type_id);
	set_int(env, result, "valueTypeId", map.btf_value_type_id);
	set_int(env, result, "ifindex", map.ifindex);
	set_bigint(env, result, "netnsDevice", map.netns_dev);
	set_bigint(env, result, "netnsInode", map.netns_ino);
	return result;
}

/* btfData(id): the type information with that id as bytes, or -errno */
napi_value btf_data(napi_env env, napi_callback_info info)
{
	struct bpf_btf_info btf = {};
	uint32_t id, size = sizeof(btf);
	napi_value result;
	void *data;
	int fd, error;

	if (!read_arguments(env, info, "u", &id))
		return NULL;
	fd = bpf_btf_get_fd_by_id(id);
	if (fd < 0)
		return make_int(env, fd);
	error = bpf_btf_get_info_by_fd(fd, &btf, &size);
	data = malloc(btf.btf_size + 1);
	if (!error && data) {
		size = sizeof(btf);
		btf = (struct bpf_btf_info){.btf = (uintptr_t)data, .btf_size = btf.btf_size};
		error = bpf_btf_get_info_by_fd(fd, &btf, &size);
	}
	close(fd);
	if (!error && !data)
		error = -ENOMEM;
	result = error ? make_int(env, error) : make_bytes(env, data, btf.btf_size);
	free(data);
	return result;
}
