/* Object files: opened, changed, loaded. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "descriptors.h"
#include "exports.h"
#include "job.h"
#include "object.h"
#include "value.h"

struct open_job {
	struct job job;
	struct text name, btf_path;
	void *data;
	size_t size;
	/* Ends with a NUL; NULL for what the kernel says of itself alone. */
	char *kconfig;
	struct bpf_object *handle;
};

/*
 * libbpf 1.5 takes the size of an extern for an error when it is negative as an `int`, and returns it
 * as a pointer. No pointer of user space is.
 */
static bool is_stray_error(const struct bpf_object *handle)
{
	return (intptr_t)handle < 0;
}

static int open_run(struct job *job)
{
	struct open_job *open = (struct open_job *)job;
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = open->name.data,
		    .btf_custom_path = open->btf_path.data[0] ? open->btf_path.data : NULL,
		    .kconfig = open->kconfig);

	if (!open->data)
		return -ENOMEM;
	open->handle = bpf_object__open_mem(open->data, open->size, &opts);
	if (is_stray_error(open->handle)) {
		open->handle = NULL;
		return -EINVAL;
	}
	return open->handle ? 0 : -errno;
}

static void open_report(napi_env env, struct job *job, napi_value result)
{
	struct open_job *open = (struct open_job *)job;
	struct object *object;

	if (!open->handle)
		return;
	object = calloc(1, sizeof(*object));
	if (!object)
		return;
	*object = (struct object){.handle = open->handle, .holders = 1};
	open->handle = NULL;
	set_value(env, result, "object", make_external(env, &object_tag, object, object_release));
}

static void open_release(struct job *job)
{
	struct open_job *open = (struct open_job *)job;

	bpf_object__close(open->handle);
	free(open->data);
	free(open->kconfig);
}

/* objectOpen(bytes, name, btfPath?, kconfig?): Promise<{ object? }> */
napi_value object_open(napi_env env, napi_callback_info info)
{
	struct open_job *open = calloc(1, sizeof(*open));
	struct bytes bytes, kconfig;

	if (!open)
		return NULL;
	if (!read_arguments(env, info, "bsSB", &bytes, &open->name, &open->btf_path, &kconfig)) {
		free(open);
		return NULL;
	}
	open->kconfig = kconfig.size ? strndup(kconfig.data, kconfig.size) : NULL;
	open->data = malloc(bytes.size + 1);
	open->size = bytes.size;
	if (open->data)
		memcpy(open->data, bytes.data, bytes.size);
	open->job.run = open_run;
	open->job.report = open_report;
	open->job.release = open_release;
	return job_start(env, &open->job);
}

struct load_job {
	struct job job;
	struct object *object;
};

static int load_run(struct job *job)
{
	return bpf_object__load(((struct load_job *)job)->object->handle);
}

/* Runs on the event loop, when the work is done. */
static void load_release(struct job *job)
{
	struct object *object = ((struct load_job *)job)->object;

	object->busy = false;
	object_release(object);
}

/* objectLoad(object, netns?): Promise<{}> */
napi_value object_load(napi_env env, napi_callback_info info)
{
	struct object *object;
	struct load_job *load;

	load = calloc(1, sizeof(*load));
	if (!load)
		return NULL;
	if (!OBJECT_ARGUMENTS(env, info, "S", object, &load->job.netns)) {
		free(load);
		return NULL;
	}
	object->holders++;
	object->busy = object->sealed = true;
	load->object = object;
	load->job.run = load_run;
	load->job.release = load_release;
	return job_start(env, &load->job);
}

/*
 * objectClose(object); what is attached by way of it stays attached, and work in flight is ended before
 * anything is freed
 */
napi_value object_close(napi_env env, napi_callback_info info)
{
	struct object *object;

	if (!read_arguments(env, info, "o", &object))
		return NULL;
	if (!object->users && !object_idle(env, object))
		return NULL;
	object->closing = true;
	if (object->users)
		return NULL;
	bpf_object__close(object->handle);
	object->handle = NULL;
	return NULL;
}

static napi_value describe_map(napi_env env, const struct bpf_map *map)
{
	napi_value result = make_object(env);

	set_string(env, result, "name", bpf_map__name(map));
	set_int(env, result, "type", bpf_map__type(map));
	set_int(env, result, "keySize", bpf_map__key_size(map));
	set_int(env, result, "valueSize", bpf_map__value_size(map));
	set_int(env, result, "maxEntries", bpf_map__max_entries(map));
	set_int(env, result, "flags", bpf_map__map_flags(map));
	set_int(env, result, "keyTypeId", bpf_map__btf_key_type_id(map));
	set_int(env, result, "valueTypeId", bpf_map__btf_value_type_id(map));
	set_bool(env, result, "internal", bpf_map__is_internal(map));
	return result;
}

/* objectMaps(object): { name, type, keySize, ... }[] */
napi_value object_maps(napi_env env, napi_callback_info info)
{
	struct object *object;
	struct bpf_map *map;
	napi_value result;
	uint32_t count = 0;

	if (!OBJECT_ARGUMENTS(env, info, "", object) || napi_create_array(env, &result) != napi_ok)
		return NULL;
	bpf_object__for_each_map(map, object->handle)
		napi_set_element(env, result, count++, describe_map(env, map));
	return result;
}

static napi_value describe_program(napi_env env, const struct bpf_program *program)
{
	napi_value result = make_object(env);

	set_string(env, result, "name", bpf_program__name(program));
	set_string(env, result, "section", bpf_program__section_name(program));
	set_int(env, result, "type", bpf_program__type(program));
	set_bool(env, result, "autoload", bpf_program__autoload(program));
	return result;
}

/* objectPrograms(object): { name, section, type, autoload }[] */
napi_value object_programs(napi_env env, napi_callback_info info)
{
	struct bpf_program *program;
	struct object *object;
	napi_value result;
	uint32_t count = 0;

	if (!OBJECT_ARGUMENTS(env, info, "", object) || napi_create_array(env, &result) != napi_ok)
		return NULL;
	bpf_object__for_each_program(program, object->handle)
		napi_set_element(env, result, count++, describe_program(env, program));
	return result;
}

/* objectResizeMap(object, map, maxEntries): 0 or -errno */
napi_value object_resize_map(napi_env env, napi_callback_info info)
{
	struct object *object;
	struct text name;
	uint32_t entries;
	struct bpf_map *map;

	if (!OBJECT_ARGUMENTS(env, info, "su", object, &name, &entries))
		return NULL;
	map = bpf_object__find_map_by_name(object->handle, name.data);
	return make_int(env, map ? bpf_map__set_max_entries(map, entries) : -ENOENT);
}

/* objectReuseMap(object, map, fd): 0 or -errno; the descriptor stays the caller's */
napi_value object_reuse_map(napi_env env, napi_callback_info info)
{
	struct object *object;
	struct text name;
	struct bpf_map *map;
	int32_t fd;

	if (!OBJECT_ARGUMENTS(env, info, "si", object, &name, &fd))
		return NULL;
	map = bpf_object__find_map_by_name(object->handle, name.data);
	return make_int(env, map ? bpf_map__reuse_fd(map, fd) : -ENOENT);
}

/* objectAutoload(object, program, load): 0 or -errno */
napi_value object_autoload(napi_env env, napi_callback_info info)
{
	struct bpf_program *program;
	struct object *object;
	struct text name;
	bool load;

	if (!OBJECT_ARGUMENTS(env, info, "st", object, &name, &load))
		return NULL;
	program = bpf_object__find_program_by_name(object->handle, name.data);
	return make_int(env, program ? bpf_program__set_autoload(program, load) : -ENOENT);
}

/* objectWriteVariable(object, section, offset, bytes): 0 or -errno; ERANGE when it ends outside */
napi_value object_write_variable(napi_env env, napi_callback_info info)
{
	struct object *object;
	struct text section;
	struct bytes bytes;
	struct bpf_map *map;
	uint32_t offset;
	size_t size;
	char *memory;

	if (!OBJECT_ARGUMENTS(env, info, "sub", object, &section, &offset, &bytes))
		return NULL;
	if (object->sealed)
		return make_int(env, -EPERM);
	map = bpf_object__find_map_by_name(object->handle, section.data);
	memory = map ? bpf_map__initial_value(map, &size) : NULL;
	if (!memory)
		return make_int(env, -ENOENT);
	if (offset > size || bytes.size > size - offset)
		return make_int(env, -ERANGE);
	memcpy(memory + offset, bytes.data, bytes.size);
	return make_int(env, 0);
}

/* objectMapFd(object, map): a descriptor of the caller's own, or -errno; EBADF of one not created */
napi_value object_map_fd(napi_env env, napi_callback_info info)
{
	struct object *object;
	struct text name;
	struct bpf_map *map;

	if (!OBJECT_ARGUMENTS(env, info, "s", object, &name))
		return NULL;
	map = bpf_object__find_map_by_name(object->handle, name.data);
	if (map && !bpf_map__autocreate(map))
		return make_int(env, -EBADF);
	return make_descriptor(env, map ? job_duplicate(bpf_map__fd(map)) : -ENOENT);
}

/* objectProgramFd(object, program): a descriptor of the caller's own, or -errno */
napi_value object_program_fd(napi_env env, napi_callback_info info)
{
	struct bpf_program *program;
	struct object *object;
	struct text name;

	if (!OBJECT_ARGUMENTS(env, info, "s", object, &name))
		return NULL;
	program = bpf_object__find_program_by_name(object->handle, name.data);
	return make_descriptor(env, program ? job_duplicate(bpf_program__fd(program)) : -ENOENT);
}
