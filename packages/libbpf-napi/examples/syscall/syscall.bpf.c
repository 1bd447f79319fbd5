/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Tells who sends a signal to whom. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct sent {
	__s32 to, signal;
	__u32 from;
	char program[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} signals SEC(".maps");

SEC("ksyscall/kill")
int on_kill(struct pt_regs *context)
{
	/* The arguments of a system call are in the registers that its function is given. */
	struct pt_regs *registers = PT_REGS_SYSCALL_REGS(context);
	struct sent *sent = bpf_ringbuf_reserve(&signals, sizeof(*sent), 0);

	if (!sent)
		return 0;
	bpf_probe_read_kernel(&sent->to, sizeof(sent->to), &PT_REGS_PARM1_SYSCALL(registers));
	bpf_probe_read_kernel(&sent->signal, sizeof(sent->signal),
			      &PT_REGS_PARM2_SYSCALL(registers));
	sent->from = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(sent->program, sizeof(sent->program));
	bpf_ringbuf_submit(sent, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
