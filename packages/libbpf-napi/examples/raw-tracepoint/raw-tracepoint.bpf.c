/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Counts system calls by the program that makes them. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, char[16]);
	__type(value, __u64);
} system_calls SEC(".maps");

SEC("raw_tp/sys_enter")
int on_call(struct bpf_raw_tracepoint_args *context)
{
	char program[16] = {};
	__u64 *calls, one = 1;

	bpf_get_current_comm(program, sizeof(program));
	calls = bpf_map_lookup_elem(&system_calls, program);
	if (calls)
		__sync_fetch_and_add(calls, 1);
	else
		bpf_map_update_elem(&system_calls, program, &one, BPF_NOEXIST);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
