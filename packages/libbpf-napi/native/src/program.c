/* Loaded programs. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "descriptors.h"
#include "exports.h"
#include "job.h"
#include "value.h"

/* How much a program may make a packet grow in a test run. */
#define TEST_RUN_HEADROOM 65536

struct test_run_job {
	struct job job;
	int fd;
	uint32_t repeat, flags, cpu, batch_size;
	/* The kernel writes what became of the context over what it was given. */
	bool in_place;
	struct bytes input, context_input, output, context_output;
	uint32_t result, duration;
};

/* Whether there was no memory for something that has a size. */
static bool lacks(struct bytes bytes)
{
	return bytes.size && !bytes.data;
}

static int test_run_run(struct job *job)
{
	struct test_run_job *test = (struct test_run_job *)job;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = test->input.data,
		    .data_size_in = test->input.size, .data_out = test->output.data,
		    .data_size_out = test->output.size, .ctx_in = test->context_input.data,
		    .ctx_size_in = test->context_input.size, .ctx_out = test->context_output.data,
		    .ctx_size_out = test->context_output.size, .repeat = test->repeat,
		    .flags = test->flags, .cpu = test->cpu, .batch_size = test->batch_size);
	int error;

	if (test->fd < 0)
		return test->fd;
	if (lacks(test->input) || lacks(test->output) || lacks(test->context_input) ||
	    lacks(test->context_output))
		return -ENOMEM;
	error = bpf_prog_test_run_opts(test->fd, &opts);
	/* The kernel tells sizes also of what there is no place for. */
	test->output.size = error || !test->output.data ? 0 : opts.data_size_out;
	test->context_output.size = error || !test->context_output.data ? 0 : opts.ctx_size_out;
	test->result = opts.retval;
	test->duration = opts.duration;
	return error;
}

static void test_run_report(napi_env env, struct job *job, napi_value result)
{
	struct test_run_job *test = (struct test_run_job *)job;
	struct bytes context = test->in_place ? test->context_input : test->context_output;

	set_int(env, result, "returnValue", (int32_t)test->result);
	set_int(env, result, "duration", test->duration);
	set_value(env, result, "data", make_bytes(env, test->output.data, test->output.size));
	set_value(env, result, "context", make_bytes(env, context.data, context.size));
}

static void test_run_release(struct job *job)
{
	struct test_run_job *test = (struct test_run_job *)job;

	if (test->fd >= 0)
		close(test->fd);
	free(test->input.data);
	free(test->output.data);
	free(test->context_input.data);
	free(test->context_output.data);
}

static struct bytes copy_bytes(struct bytes source)
{
	struct bytes copy = {.size = source.size};

	if (!source.size)
		return copy;
	copy.data = malloc(source.size);
	if (copy.data)
		memcpy(copy.data, source.data, source.size);
	return copy;
}

/*
 * programTestRun(fd, data?, context?, inPlace, repeat, flags, cpu, batchSize, netns?):
 * Promise<{ returnValue, duration, data, context }>
 */
napi_value program_test_run(napi_env env, napi_callback_info info)
{
	struct test_run_job *test = calloc(1, sizeof(*test));
	struct bytes data, context;
	int32_t fd;

	if (!test)
		return NULL;
	if (!read_arguments(env, info, "iBBtuuuuS", &fd, &data, &context, &test->in_place,
			    &test->repeat, &test->flags, &test->cpu, &test->batch_size,
			    &test->job.netns)) {
		free(test);
		return NULL;
	}
	test->fd = job_duplicate(fd);
	test->input = copy_bytes(data);
	test->context_input = copy_bytes(context);
	/* Nothing comes back of frames that went on as packets. */
	if (data.size && !(test->flags & BPF_F_TEST_XDP_LIVE_FRAMES)) {
		test->output.size = data.size + TEST_RUN_HEADROOM;
		test->output.data = malloc(test->output.size);
	}
	if (!test->in_place && !(test->flags & BPF_F_TEST_XDP_LIVE_FRAMES))
		test->context_output = copy_bytes(context);
	test->job.run = test_run_run;
	test->job.report = test_run_report;
	test->job.release = test_run_release;
	return job_start(env, &test->job);
}

/* programLoad(type, name, instructions): a descriptor, or -errno. Nothing is said of the license. */
napi_value program_load(napi_env env, napi_callback_info info)
{
	struct bytes instructions;
	struct text name;
	uint32_t type;

	if (!read_arguments(env, info, "usb", &type, &name, &instructions))
		return NULL;
	return make_descriptor(env,
			       bpf_prog_load(type, name.data, "", instructions.data,
					     instructions.size / sizeof(struct bpf_insn), NULL));
}

static void set_tag(napi_env env, napi_value result, const uint8_t *tag)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * BPF_TAG_SIZE];

	for (int i = 0; i < BPF_TAG_SIZE; i++) {
		text[2 * i] = digits[tag[i] >> 4];
		text[2 * i + 1] = digits[tag[i] & 15];
	}
	set_value(env, result, "tag", make_string(env, text, sizeof(text)));
}

static napi_value describe_program(napi_env env, const struct bpf_prog_info *program,
				   const uint32_t *map_ids)
{
	napi_value result = make_object(env);

	set_string(env, result, "name", program->name);
	set_int(env, result, "id", program->id);
	set_int(env, result, "type", program->type);
	set_tag(env, result, program->tag);
	set_bigint(env, result, "loadTime", program->load_time);
	set_bigint(env, result, "runCount", program->run_cnt);
	set_bigint(env, result, "runTime", program->run_time_ns);
	set_bigint(env, result, "recursionMisses", program->recursion_misses);
	set_int(env, result, "translatedSize", program->xlated_prog_len);
	set_int(env, result, "jitedSize", program->jited_prog_len);
	set_int(env, result, "verifiedInstructions", program->verified_insns);
	set_int(env, result, "btfId", program->btf_id);
	set_int(env, result, "ifindex", program->ifindex);
	set_bigint(env, result, "netnsDevice", program->netns_dev);
	set_bigint(env, result, "netnsInode", program->netns_ino);
	set_value(env, result, "mapIds", make_u32_array(env, map_ids, program->nr_map_ids));
	return result;
}

/* programInfo(fd): { id, name, ... } or -errno */
napi_value program_info(napi_env env, napi_callback_info info)
{
	struct bpf_prog_info program = {};
	uint32_t size = sizeof(program), maps, *map_ids;
	napi_value result;
	int32_t fd;
	int error;

	if (!read_arguments(env, info, "i", &fd))
		return NULL;
	error = bpf_prog_get_info_by_fd(fd, &program, &size);
	if (error)
		return make_int(env, error);
	maps = program.nr_map_ids;
	map_ids = calloc(maps + 1, sizeof(*map_ids));
	if (!map_ids)
		return make_int(env, -ENOMEM);
	program = (struct bpf_prog_info){.nr_map_ids = maps, .map_ids = (uintptr_t)map_ids};
	size = sizeof(program);
	error = bpf_prog_get_info_by_fd(fd, &program, &size);
	/* Another process may have bound a map meanwhile. */
	if (program.nr_map_ids > maps)
		program.nr_map_ids = maps;
	result = error ? make_int(env, error) : describe_program(env, &program, map_ids);
	free(map_ids);
	return result;
}

/* programById(id): a descriptor, or -errno. */
napi_value program_by_id(napi_env env, napi_callback_info info)
{
	uint32_t id;

	if (!read_arguments(env, info, "u", &id))
		return NULL;
	return make_descriptor(env, bpf_prog_get_fd_by_id(id));
}
