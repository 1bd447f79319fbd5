/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Counts by their stacks in the kernel what processes are found at. */
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <bpf/bpf_helpers.h>

#define DEPTH 32

struct sample {
	char program[16];
	/* A key of `stacks`; negative in user space. */
	__s32 stack;
};

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u64[DEPTH]);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct sample);
	__type(value, __u64);
} samples SEC(".maps");

SEC("perf_event")
int on_sample(struct bpf_perf_event_data *context)
{
	struct sample sample = {};
	__u64 *count, one = 1;

	bpf_get_current_comm(sample.program, sizeof(sample.program));
	sample.stack = bpf_get_stackid(context, &stacks, 0);
	count = bpf_map_lookup_elem(&samples, &sample);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&samples, &sample, &one, BPF_NOEXIST);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
