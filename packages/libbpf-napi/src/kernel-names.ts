/** `enum bpf_map_type` of linux/bpf.h, by the names that bpftool prints. */
export const mapTypes: readonly string[] = (
  "unspec hash array prog_array perf_event_array percpu_hash percpu_array stack_trace cgroup_array " +
  "lru_hash lru_percpu_hash lpm_trie array_of_maps hash_of_maps devmap sockmap cpumap xskmap sockhash " +
  "cgroup_storage reuseport_sockarray percpu_cgroup_storage queue stack sk_storage devmap_hash " +
  "struct_ops ringbuf inode_storage task_storage bloom_filter user_ringbuf cgrp_storage arena"
).split(" ");

/** `enum bpf_prog_type` of linux/bpf.h, by the names that bpftool prints. */
export const programTypes: readonly string[] = (
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

/** The number of a program type by its name. */
export function programTypeNumber(name: string): number {
  return programTypes.indexOf(name);
}

export function linkTypeName(type: number): string {
  return linkTypes[type] ?? `type ${String(type)}`;
}

/** `BPF_TCX_*` of `enum bpf_attach_type`. */
export const tcxAttachTypes = { ingress: 46, egress: 47 } as const;

/** `BPF_XDP` of `enum bpf_attach_type`. */
export const xdpAttachType = 37;

/** `BPF_NETKIT_*` of `enum bpf_attach_type`. */
export const netkitAttachTypes = { primary: 54, peer: 55 } as const;

/** `enum bpf_perf_event_type`. */
export const perfEventKinds = {
  uprobe: 1,
  uretprobe: 2,
  kprobe: 3,
  kretprobe: 4,
  tracepoint: 5,
  event: 6,
} as const;

/** `BPF_TRACE_FENTRY` and `BPF_LSM_MAC` of `enum bpf_attach_type`. */
export const tracingAttachTypes = { fentry: 24, lsm: 27 } as const;

/** `BPF_TRACE_KPROBE_MULTI`, `BPF_NETFILTER` and `BPF_TRACE_UPROBE_MULTI` of `enum bpf_attach_type`. */
export const kprobeMultiAttachType = 42;
export const netfilterAttachType = 45;
export const uprobeMultiAttachType = 48;

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
  /** Programs of sections `lsm_cgroup/`. */
  lsm: 43,
  connect_unix: 49,
  sendmsg_unix: 50,
  recvmsg_unix: 51,
  getpeername_unix: 52,
  getsockname_unix: 53,
} as const;

/** `BPF_*` of `enum bpf_attach_type` for a network namespace, by the names of the sections. */
export const netnsAttachTypes = { sk_lookup: 36, flow_dissector: 17 } as const;

/** `BPF_SK_*` of `enum bpf_attach_type` for a map of sockets. */
export const sockmapAttachTypes = {
  stream_parser: 4,
  stream_verdict: 5,
  msg_verdict: 7,
  skb_verdict: 38,
} as const;

/** `NF_INET_*` of linux/netfilter.h. */
export const netfilterHooks = {
  prerouting: 0,
  input: 1,
  forward: 2,
  output: 3,
  postrouting: 4,
} as const;

/** `NFPROTO_*` of linux/netfilter.h. */
export const netfilterFamilies = { ipv4: 2, ipv6: 10 } as const;

/** The key of a table that has the value. */
export function keyOf<K extends string>(
  table: Readonly<Record<K, number>>,
  value: number | undefined,
): K | undefined {
  const isKey = (name: string): name is K => name in table;
  return Object.keys(table)
    .filter(isKey)
    .find((name) => table[name] === value);
}
