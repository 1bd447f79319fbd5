/* What there is in the kernel, by ids; and counting how long programs run. */
#include <bpf/bpf.h>
#include <errno.h>
#include "descriptors.h"
#include "exports.h"
#include "value.h"

static const struct {
	int (*next)(uint32_t after, uint32_t *next);
	int (*open)(uint32_t id);
} kinds[] = {
	{bpf_prog_get_next_id, bpf_prog_get_fd_by_id},
	{bpf_map_get_next_id, bpf_map_get_fd_by_id},
	{bpf_link_get_next_id, bpf_link_get_fd_by_id},
	{bpf_btf_get_next_id, bpf_btf_get_fd_by_id},
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

/* idAfter(kind, id): the next id of that kind, or -errno; ENOENT after the last */
napi_value id_after(napi_env env, napi_callback_info info)
{
	uint32_t kind, after, next = 0;
	int error;

	if (!read_arguments(env, info, "uu", &kind, &after))
		return NULL;
	if (kind >= KINDS)
		return make_int(env, -EINVAL);
	error = kinds[kind].next(after, &next);
	return make_int(env, error ? error : (int64_t)next);
}

/* fdOfId(kind, id): a descriptor, or -errno */
napi_value fd_of_id(napi_env env, napi_callback_info info)
{
	uint32_t kind, id;

	if (!read_arguments(env, info, "uu", &kind, &id))
		return NULL;
	return make_descriptor(env, kind < KINDS ? kinds[kind].open(id) : -EINVAL);
}

/* The kernel keeps names of modules, which have 55 characters (MODULE_NAME_LEN). */
#define MAX_NAME 64

/* btfInfo(fd): { id, name, size, kernel } or -errno */
napi_value btf_info(napi_env env, napi_callback_info info)
{
	char name[MAX_NAME] = "";
	struct bpf_btf_info btf = {.name = (uintptr_t)name, .name_len = sizeof(name)};
	uint32_t size = sizeof(btf);
	napi_value result;
	int32_t fd;
	int error;

	if (!read_arguments(env, info, "i", &fd))
		return NULL;
	error = bpf_btf_get_info_by_fd(fd, &btf, &size);
	if (error)
		return make_int(env, error);
	result = make_object(env);
	set_int(env, result, "id", btf.id);
	set_string(env, result, "name", name);
	set_int(env, result, "size", btf.btf_size);
	set_bool(env, result, "kernel", btf.kernel_btf);
	return result;
}

/* enableStats(): a descriptor that keeps the counting of run times on, or -errno */
napi_value enable_stats(napi_env env, napi_callback_info info)
{
	(void)info;
	return make_descriptor(env, bpf_enable_stats(BPF_STATS_RUN_TIME));
}
