/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Counts the calls of a function of the kernel, by the program that made them. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, char[16]);
	__type(value, __u64);
} callers SEC(".maps");

SEC("kprobe")
int on_call(void *context)
{
	char program[16] = {};
	__u64 *calls, one = 1;

	bpf_get_current_comm(program, sizeof(program));
	calls = bpf_map_lookup_elem(&callers, program);
	if (calls)
		__sync_fetch_and_add(calls, 1);
	else
		bpf_map_update_elem(&callers, program, &one, BPF_NOEXIST);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
