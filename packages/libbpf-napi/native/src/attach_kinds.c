#include <errno.h>
#include "attach.h"

typedef struct bpf_link *(*attach_function)(const struct bpf_program *program,
					    const struct attach_request *request);

static struct bpf_link *by_section(const struct bpf_program *program,
				   const struct attach_request *request)
{
	(void)request;
	return bpf_program__attach(program);
}

static struct bpf_link *kprobe(const struct bpf_program *program,
			       const struct attach_request *request)
{
	LIBBPF_OPTS(bpf_kprobe_opts, opts, .bpf_cookie = request->cookie, .offset = request->offset,
		    .retprobe = request->at_return);

	return bpf_program__attach_kprobe_opts(program, request->first.data, &opts);
}

/* A pattern in `first`, or names. */
static struct bpf_link *kprobes(const struct bpf_program *program,
				const struct attach_request *request)
{
	LIBBPF_OPTS(bpf_kprobe_multi_opts, opts, .syms = request->names, .cnt = request->count,
		    .cookies = request->cookies, .retprobe = request->at_return);

	return bpf_program__attach_kprobe_multi_opts(
		program, request->names ? NULL : request->first.data, &opts);
}

static struct bpf_link *syscall_entry(const struct bpf_program *program,
				      const struct attach_request *request)
{
	LIBBPF_OPTS(bpf_ksyscall_opts, opts, .bpf_cookie = request->cookie,
		    .retprobe = request->at_return);

	return bpf_program__attach_ksyscall(program, request->first.data, &opts);
}

static const char *text_or_null(const struct text *text)
{
	return text->data[0] ? text->data : NULL;
}

static struct bpf_link *uprobe(const struct bpf_program *program,
			       const struct attach_request *request)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .bpf_cookie = request->cookie,
		    .retprobe = request->at_return, .func_name = text_or_null(&request->second));

	return bpf_program__attach_uprobe_opts(program, request->number, request->first.data,
					       request->offset, &opts);
}

/* A file in `first`, and a pattern in `second` or names. */
static struct bpf_link *uprobes(const struct bpf_program *program,
				const struct attach_request *request)
{
	LIBBPF_OPTS(bpf_uprobe_multi_opts, opts, .syms = request->names, .cnt = request->count,
		    .cookies = request->cookies, .retprobe = request->at_return);

	return bpf_program__attach_uprobe_multi(program, request->number, request->first.data,
						text_or_null(&request->second), &opts);
}

/* A file in `first`; provider and name are the names. */
static struct bpf_link *usdt(const struct bpf_program *program,
			     const struct attach_request *request)
{
	LIBBPF_OPTS(bpf_usdt_opts, opts, .usdt_cookie = request->cookie);

	if (request->count != 2) {
		errno = EINVAL;
		return NULL;
	}
	return bpf_program__attach_usdt(program, request->number, request->first.data,
					request->names[0], request->names[1], &opts);
}

static struct bpf_link *tracepoint(const struct bpf_program *program,
				   const struct attach_request *request)
{
	LIBBPF_OPTS(bpf_tracepoint_opts, opts, .bpf_cookie = request->cookie);

	return bpf_program__attach_tracepoint_opts(program, request->first.data,
						   request->second.data, &opts);
}

static struct bpf_link *raw_tracepoint(const struct bpf_program *program,
				       const struct attach_request *request)
{
	LIBBPF_OPTS(bpf_raw_tracepoint_opts, opts, .cookie = request->cookie);

	return bpf_program__attach_raw_tracepoint_opts(program, request->first.data, &opts);
}

static struct bpf_link *tracing(const struct bpf_program *program,
				const struct attach_request *request)
{
	LIBBPF_OPTS(bpf_trace_opts, opts, .cookie = request->cookie);

	return bpf_program__attach_trace_opts(program, &opts);
}

/* `number` is the descriptor of the program whose function is replaced. */
static struct bpf_link *replacement(const struct bpf_program *program,
				    const struct attach_request *request)
{
	return bpf_program__attach_freplace(program, request->number, request->first.data);
}

/* `number` is the descriptor of the event, which the link takes over. */
static struct bpf_link *perf_event(const struct bpf_program *program,
				   const struct attach_request *request)
{
	LIBBPF_OPTS(bpf_perf_event_opts, opts, .bpf_cookie = request->cookie);

	return bpf_program__attach_perf_event_opts(program, request->number, &opts);
}

static const attach_function functions[ATTACH_KINDS] = {
	[ATTACH_BY_SECTION] = by_section,
	[ATTACH_KPROBE] = kprobe,
	[ATTACH_KPROBES] = kprobes,
	[ATTACH_SYSCALL] = syscall_entry,
	[ATTACH_UPROBE] = uprobe,
	[ATTACH_UPROBES] = uprobes,
	[ATTACH_USDT] = usdt,
	[ATTACH_TRACEPOINT] = tracepoint,
	[ATTACH_RAW_TRACEPOINT] = raw_tracepoint,
	[ATTACH_TRACING] = tracing,
	[ATTACH_REPLACEMENT] = replacement,
	[ATTACH_PERF_EVENT] = perf_event,
};

struct bpf_link *attach_by(const struct bpf_program *program, const struct attach_request *request)
{
	if (request->kind >= ATTACH_KINDS) {
		errno = EINVAL;
		return NULL;
	}
	return functions[request->kind](program, request);
}
