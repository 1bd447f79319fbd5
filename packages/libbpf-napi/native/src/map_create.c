/* Maps that need more than type, sizes and flags to be made, and maps that others made. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "descriptors.h"
#include "exports.h"
#include "job.h"
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

struct create_job {
	struct job job;
	struct text name;
	uint32_t type, key_size, value_size, max_entries, flags;
	uint64_t extra;
	/* A descriptor of the job's own; 0 for none. */
	int inner;
	bool described;
	int created;
};

static int create_map(struct create_job *create, struct bpf_map_create_opts *opts)
{
	struct btf *btf = create->described ? btf__new_empty() : NULL;
	int result = 0;

	if (create->described) {
		result = btf ? describe_storage(btf, create->value_size, opts) : -ENOMEM;
		opts->btf_fd = btf ? btf__fd(btf) : -1;
	}
	if (!result)
		result = bpf_map_create(create->type, create->name.data, create->key_size,
					create->value_size, create->max_entries, opts);
	btf__free(btf);
	return result;
}

static int create_run(struct job *job)
{
	struct create_job *create = (struct create_job *)job;
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = create->flags,
		    .map_extra = create->extra, .inner_map_fd = create->inner);

	if (create->inner < 0)
		return create->inner;
	create->created = create_map(create, &opts);
	return create->created < 0 ? create->created : 0;
}

static void create_report(napi_env env, struct job *job, napi_value result)
{
	set_descriptor(env, result, "fd", ((struct create_job *)job)->created);
}

static void create_release(struct job *job)
{
	struct create_job *create = (struct create_job *)job;

	if (create->inner > 0)
		close(create->inner);
}

/*
 * mapCreateWith(type, name, keySize, valueSize, maxEntries, flags, extra, innerFd, described):
 * Promise<{ fd }>. `innerFd` is a map that those inside will be like, or -1; a `described` map gets
 * type information, which the kernel asks of storage.
 */
napi_value map_create_with(napi_env env, napi_callback_info info)
{
	struct create_job *create = calloc(1, sizeof(*create));
	int32_t inner;

	if (!create)
		return NULL;
	if (!read_arguments(env, info, "usuuuuqit", &create->type, &create->name, &create->key_size,
			    &create->value_size, &create->max_entries, &create->flags,
			    &create->extra, &inner, &create->described)) {
		free(create);
		return NULL;
	}
	create->inner = inner < 0 ? 0 : job_duplicate(inner);
	create->created = -1;
	create->job.run = create_run;
	create->job.report = create_report;
	create->job.release = create_release;
	return job_start(env, &create->job);
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
