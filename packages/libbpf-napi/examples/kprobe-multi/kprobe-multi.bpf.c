/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Counts the calls of many functions of the kernel, each under its cookie. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u64);
} calls SEC(".maps");

SEC("kprobe.multi")
int on_call(void *context)
{
	__u32 function = bpf_get_attach_cookie(context);
	__u64 *count = bpf_map_lookup_elem(&calls, &function);

	if (count)
		__sync_fetch_and_add(count, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
