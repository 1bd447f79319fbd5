/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Tells which names processes look up by the C library. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct lookup {
	__u32 process;
	char program[16];
	char name[108];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} lookups SEC(".maps");

SEC("uprobe")
int BPF_UPROBE(on_lookup, const char *name)
{
	struct lookup *lookup = bpf_ringbuf_reserve(&lookups, sizeof(*lookup), 0);

	if (!lookup)
		return 0;
	lookup->process = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(lookup->program, sizeof(lookup->program));
	if (bpf_probe_read_user_str(lookup->name, sizeof(lookup->name), name) < 0)
		lookup->name[0] = '\0';
	bpf_ringbuf_submit(lookup, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
