/* Attaching by libbpf, which finds functions, files and tracepoints by name. */
#pragma once
#include <bpf/libbpf.h>
#include "value.h"

/* How to attach, as src/attach-target.ts numbers it. */
enum attach_kind {
	ATTACH_BY_SECTION,
	ATTACH_KPROBE,
	ATTACH_KPROBES,
	ATTACH_SYSCALL,
	ATTACH_UPROBE,
	ATTACH_UPROBES,
	ATTACH_USDT,
	ATTACH_TRACEPOINT,
	ATTACH_RAW_TRACEPOINT,
	ATTACH_TRACING,
	ATTACH_REPLACEMENT,
	ATTACH_PERF_EVENT,
	ATTACH_KINDS,
};

struct attach_request {
	enum attach_kind kind;
	/* A path, a function, a pattern, a category: what the kind asks for. */
	struct text first, second;
	/* Functions by name, or none. */
	const char **names;
	uint32_t count;
	/* One for each name, or NULL. */
	__u64 *cookies;
	uint64_t cookie, offset;
	bool at_return;
	/* A process, -1 for all; or the descriptor that the kind asks for. */
	int32_t number;
};

/* NULL with errno set on failure. */
struct bpf_link *attach_by(const struct bpf_program *program, const struct attach_request *request);
