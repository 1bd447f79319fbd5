/* Whether the kernel has a kind of link: from how it refuses one that cannot be. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "exports.h"
#include "job.h"
#include "value.h"

static int load_trivial(uint32_t type, uint32_t attach_type, uint32_t btf_id)
{
	/* r0 = 0; exit */
	static const struct bpf_insn instructions[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach_type,
		    .attach_btf_id = btf_id);

	return bpf_prog_load(type, "probe", "GPL", instructions, 2, &opts);
}

/* Nothing of what a link names is there: no target, no such function, no regular file. */
static int create_impossible(int program, uint32_t attach_type, uint32_t flags)
{
	static const char *symbols[] = {"no such function"};
	unsigned long offset = 0;
	union bpf_attr attr = {};

	attr.link_create.prog_fd = program;
	attr.link_create.attach_type = attach_type;
	attr.link_create.flags = flags;
	if (attach_type == BPF_TRACE_UPROBE_MULTI) {
		attr.link_create.uprobe_multi.path = (uintptr_t)"/";
		attr.link_create.uprobe_multi.offsets = (uintptr_t)&offset;
		attr.link_create.uprobe_multi.cnt = 1;
	} else if (attach_type == BPF_TRACE_KPROBE_MULTI) {
		attr.link_create.kprobe_multi.syms = (uintptr_t)symbols;
		attr.link_create.kprobe_multi.cnt = 1;
	} else {
		attr.link_create.target_fd = -1;
	}
	return syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

/* linkProbe(programType, attachType, flags): how the kernel refused, -errno */
napi_value link_probe(napi_env env, napi_callback_info info)
{
	uint32_t type, attach_type, flags;
	int program, error;

	if (!read_arguments(env, info, "uuu", &type, &attach_type, &flags))
		return NULL;
	program = load_trivial(type, attach_type, 0);
	if (program < 0)
		return make_int(env, program);
	error = create_impossible(program, attach_type, flags);
	close(program);
	return make_int(env, error);
}

struct tracing_job {
	struct job job;
	uint32_t type, attach_type;
	struct text function;
};

/* Reading the kernel's type information takes milliseconds. */
static int tracing_run(struct job *job)
{
	struct tracing_job *tracing = (struct tracing_job *)job;
	int program, id;

	id = libbpf_find_vmlinux_btf_id(tracing->function.data, tracing->attach_type);
	if (id < 0)
		return id;
	program = load_trivial(tracing->type, tracing->attach_type, id);
	if (program < 0)
		return program;
	close(program);
	return 0;
}

/* tracingProbe(programType, attachType, function): Promise<{}>; whether such a program loads */
napi_value tracing_probe(napi_env env, napi_callback_info info)
{
	struct tracing_job *tracing = calloc(1, sizeof(*tracing));

	if (!tracing)
		return NULL;
	if (!read_arguments(env, info, "uus", &tracing->type, &tracing->attach_type,
			    &tracing->function)) {
		free(tracing);
		return NULL;
	}
	tracing->job.run = tracing_run;
	return job_start(env, &tracing->job);
}
