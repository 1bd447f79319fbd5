/* What the running kernel offers, found out by trying. */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include "exports.h"
#include "job.h"
#include "value.h"

/* What was found out about one thing. */
enum { PROBE_ABSENT, PROBE_PRESENT };

#define HELPER_NAME(name, number, ...) [number] = #name,
static const char *const helper_names[] = {___BPF_FUNC_MAPPER(HELPER_NAME)};
#define HELPERS (sizeof(helper_names) / sizeof(*helper_names))

/* helperNames(): the names of `enum bpf_func_id` by number, without `BPF_FUNC_` */
napi_value probe_helper_names(napi_env env, napi_callback_info info)
{
	napi_value result;

	(void)info;
	if (napi_create_array_with_length(env, HELPERS, &result) != napi_ok)
		return NULL;
	for (size_t i = 0; i < HELPERS; i++) {
		const char *name = helper_names[i] ? helper_names[i] : "";

		napi_set_element(env, result, i, make_string(env, name, NAPI_AUTO_LENGTH));
	}
	return result;
}

struct probe_job {
	struct job job;
	/* Tries the thing with that number: 1 when it is there, 0 when not, negative when it cannot be tried. */
	int (*look)(const struct probe_job *probe, uint32_t number);
	uint32_t program_type;
	uint32_t count;
	uint8_t *found;
};

static int look_program(const struct probe_job *probe, uint32_t number)
{
	(void)probe;
	return libbpf_probe_bpf_prog_type(number, NULL);
}

static int look_map(const struct probe_job *probe, uint32_t number)
{
	(void)probe;
	return libbpf_probe_bpf_map_type(number, NULL);
}

static int look_helper(const struct probe_job *probe, uint32_t number)
{
	return libbpf_probe_bpf_helper(probe->program_type, number, NULL);
}

static int probe_run(struct job *job)
{
	struct probe_job *probe = (struct probe_job *)job;

	if (!probe->found)
		return -ENOMEM;
	for (uint32_t i = 1; i < probe->count; i++) {
		int result = probe->look(probe, i);

		/* What this libbpf cannot make a trial of is not there for its users. */
		if (result < 0 && result != -EOPNOTSUPP && result != -EINVAL)
			return result;
		probe->found[i] = result > 0 ? PROBE_PRESENT : PROBE_ABSENT;
	}
	return 0;
}

static void probe_report(napi_env env, struct job *job, napi_value result)
{
	struct probe_job *probe = (struct probe_job *)job;

	if (probe->found)
		set_value(env, result, "found", make_bytes(env, probe->found, probe->count));
}

static void probe_release(struct job *job)
{
	free(((struct probe_job *)job)->found);
}

static napi_value probe_start(napi_env env, struct probe_job *probe)
{
	probe->found = calloc(probe->count + 1, 1);
	probe->job.run = probe_run;
	probe->job.report = probe_report;
	probe->job.release = probe_release;
	return job_start(env, &probe->job);
}

/* probeTypes(maps, count): Promise<{ found }>, a byte for each number of a map or program type below `count` */
napi_value probe_types(napi_env env, napi_callback_info info)
{
	struct probe_job *probe = calloc(1, sizeof(*probe));
	bool maps;

	if (!probe)
		return NULL;
	if (!read_arguments(env, info, "tu", &maps, &probe->count)) {
		free(probe);
		return NULL;
	}
	probe->look = maps ? look_map : look_program;
	return probe_start(env, probe);
}

/* probeHelpers(programType): Promise<{ found }>, a byte for each number of a helper */
napi_value probe_helpers(napi_env env, napi_callback_info info)
{
	struct probe_job *probe = calloc(1, sizeof(*probe));

	if (!probe)
		return NULL;
	if (!read_arguments(env, info, "u", &probe->program_type)) {
		free(probe);
		return NULL;
	}
	probe->look = look_helper;
	probe->count = HELPERS;
	return probe_start(env, probe);
}

struct enum_job {
	struct job job;
	struct text name;
	struct btf *btf;
	int type;
};

static int enum_run(struct job *job)
{
	struct enum_job *wanted = (struct enum_job *)job;

	wanted->btf = btf__load_vmlinux_btf();
	if (!wanted->btf)
		return -errno;
	wanted->type = btf__find_by_name_kind(wanted->btf, wanted->name.data, BTF_KIND_ENUM);
	return wanted->type < 0 ? wanted->type : 0;
}

static void enum_report(napi_env env, struct job *job, napi_value result)
{
	struct enum_job *wanted = (struct enum_job *)job;
	const struct btf_type *type;
	napi_value names;

	if (wanted->type <= 0)
		return;
	type = btf__type_by_id(wanted->btf, wanted->type);
	if (napi_create_array_with_length(env, btf_vlen(type), &names) != napi_ok)
		return;
	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		const char *name = btf__name_by_offset(wanted->btf, btf_enum(type)[i].name_off);

		napi_set_element(env, names, i, make_string(env, name, NAPI_AUTO_LENGTH));
	}
	set_value(env, result, "names", names);
}

static void enum_release(struct job *job)
{
	btf__free(((struct enum_job *)job)->btf);
}

/* kernelEnum(name): Promise<{ names? }>, the enumerators of an enum of the running kernel */
napi_value kernel_enum(napi_env env, napi_callback_info info)
{
	struct enum_job *wanted = calloc(1, sizeof(*wanted));

	if (!wanted)
		return NULL;
	if (!read_arguments(env, info, "s", &wanted->name)) {
		free(wanted);
		return NULL;
	}
	wanted->job.run = enum_run;
	wanted->job.report = enum_report;
	wanted->job.release = enum_release;
	return job_start(env, &wanted->job);
}
