/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Tells of every file that is opened. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct path {
	void *dentry;
} __attribute__((preserve_access_index));

struct file {
	struct path f_path;
} __attribute__((preserve_access_index));

struct opened {
	__u32 process, user;
	char program[16];
	char path[256];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} files SEC(".maps");

SEC("lsm/file_open")
int BPF_PROG(audit, struct file *file)
{
	struct opened *opened = bpf_ringbuf_reserve(&files, sizeof(*opened), 0);

	if (!opened)
		return 0;
	opened->process = bpf_get_current_pid_tgid() >> 32;
	opened->user = bpf_get_current_uid_gid();
	bpf_get_current_comm(opened->program, sizeof(opened->program));
	if (bpf_d_path(&file->f_path, opened->path, sizeof(opened->path)) < 0)
		opened->path[0] = '\0';
	bpf_ringbuf_submit(opened, 0);
	/* A negative error number refuses it. */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
