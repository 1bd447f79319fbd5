/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Tells of each passage of a static tracepoint, with its first argument. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>

struct passage {
	__u32 process;
	__u32 arguments;
	__s64 first;
	char program[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} passages SEC(".maps");

SEC("usdt")
int on_passage(struct pt_regs *context)
{
	struct passage *passage = bpf_ringbuf_reserve(&passages, sizeof(*passage), 0);
	long first = 0;

	if (!passage)
		return 0;
	bpf_usdt_arg(context, 0, &first);
	passage->process = bpf_get_current_pid_tgid() >> 32;
	passage->arguments = bpf_usdt_arg_cnt(context);
	passage->first = first;
	bpf_get_current_comm(passage->program, sizeof(passage->program));
	bpf_ringbuf_submit(passage, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
