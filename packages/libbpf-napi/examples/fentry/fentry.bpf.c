/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* How long a function of the kernel takes, in a histogram. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define SLOTS 32

/* The nanoseconds at which a thread entered the function. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, __u64);
} entered SEC(".maps");

/* How many calls took from 2^n to 2^(n+1) nanoseconds. */
__u64 calls[SLOTS];

SEC("fentry")
int BPF_PROG(enter)
{
	__u32 thread = bpf_get_current_pid_tgid();
	__u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&entered, &thread, &now, BPF_ANY);
	return 0;
}

SEC("fexit")
int BPF_PROG(leave)
{
	__u32 thread = bpf_get_current_pid_tgid();
	__u64 *begin = bpf_map_lookup_elem(&entered, &thread);
	__u64 time;
	int slot;

	if (!begin)
		return 0;
	time = bpf_ktime_get_ns() - *begin;
	bpf_map_delete_elem(&entered, &thread);
	for (slot = 0; slot < SLOTS - 1 && time > 1; slot++)
		time >>= 1;
	__sync_fetch_and_add(&calls[slot & (SLOTS - 1)], 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
