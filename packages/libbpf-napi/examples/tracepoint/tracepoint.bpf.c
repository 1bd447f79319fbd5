/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Tells of every program that is started. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* The kernel's type of what the tracepoint tells. */
struct trace_event_raw_sched_process_exec {
	/* Where in the event the text begins, in the lower half. */
	__u32 __data_loc_filename;
	int pid;
} __attribute__((preserve_access_index));

struct started {
	__u32 process, user;
	char file[256];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} programs SEC(".maps");

SEC("tp/sched/sched_process_exec")
int on_start(struct trace_event_raw_sched_process_exec *event)
{
	const char *file = (const char *)event + (event->__data_loc_filename & 0xffff);
	struct started *started = bpf_ringbuf_reserve(&programs, sizeof(*started), 0);

	if (!started)
		return 0;
	started->process = event->pid;
	started->user = bpf_get_current_uid_gid();
	if (bpf_probe_read_kernel_str(started->file, sizeof(started->file), file) < 0)
		started->file[0] = '\0';
	bpf_ringbuf_submit(started, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
