/** `enum bpf_map_type` of linux/bpf.h, by the names that bpftool prints. */
const mapTypes = (
  "unspec hash array prog_array perf_event_array percpu_hash percpu_array stack_trace cgroup_array " +
  "lru_hash lru_percpu_hash lpm_trie array_of_maps hash_of_maps devmap sockmap cpumap xskmap sockhash " +
  "cgroup_storage reuseport_sockarray percpu_cgroup_storage queue stack sk_storage devmap_hash " +
  "struct_ops ringbuf inode_storage task_storage bloom_filter user_ringbuf cgrp_storage arena"
).split(" ");

/** `enum bpf_prog_type` of linux/bpf.h, by the names that bpftool prints. */
const programTypes = (
  "unspec socket_filter kprobe sched_cls sched_act tracepoint xdp perf_event cgroup_skb cgroup_sock " +
  "lwt_in lwt_out lwt_xmit sock_ops sk_skb cgroup_device sk_msg raw_tracepoint cgroup_sock_addr " +
  "lwt_seg6local lirc_mode2 sk_reuseport flow_dissector cgroup_sysctl raw_tracepoint_writable " +
  "cgroup_sockopt tracing struct_ops ext lsm sk_lookup syscall netfilter"
).split(" ");

/** `enum bpf_link_type` of linux/bpf.h, by the names that bpftool prints. */
const linkTypes = (
  "unspec raw_tracepoint tracing cgroup iter netns xdp perf_event kprobe_multi struct_ops netfilter " +
  "tcx uprobe_multi netkit sockmap"
).split(" ");

export function mapTypeName(type: number): string {
  return mapTypes[type] ?? `type ${String(type)}`;
}

/** The number of a map type by its name. */
export function mapTypeNumber(name: string): number {
  return mapTypes.indexOf(name);
}

export function programTypeName(type: number): string {
  return programTypes[type] ?? `type ${String(type)}`;
}

export function linkTypeName(type: number): string {
  return linkTypes[type] ?? `type ${String(type)}`;
}

/** `BPF_TCX_*` of `enum bpf_attach_type`. */
export const tcxAttachTypes = { ingress: 46, egress: 47 } as const;

/** `BPF_XDP` of `enum bpf_attach_type`. */
export const xdpAttachType = 37;

/** `BPF_NETKIT_PRIMARY` of `enum bpf_attach_type`. */
export const netkitPrimaryAttachType = 54;

/** `BPF_CGROUP_*` of `enum bpf_attach_type`, by the names in the sections of programs. */
export const cgroupAttachTypes = {
  skb_ingress: 0,
  skb_egress: 1,
  sock_create: 2,
  sock_ops: 3,
  device: 6,
  bind4: 8,
  bind6: 9,
  connect4: 10,
  connect6: 11,
  post_bind4: 12,
  post_bind6: 13,
  sendmsg4: 14,
  sendmsg6: 15,
  sysctl: 18,
  recvmsg4: 19,
  recvmsg6: 20,
  getsockopt: 21,
  setsockopt: 22,
  getpeername4: 29,
  getpeername6: 30,
  getsockname4: 31,
  getsockname6: 32,
  sock_release: 34,
} as const;
