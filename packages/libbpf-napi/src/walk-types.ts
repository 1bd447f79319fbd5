/** What the kernel says of type information (BTF) that it holds. */
export interface BtfInfo {
  /** Unique while it is held. */
  readonly id: number;
  /** `vmlinux` or a module's name for the kernel's own; usually empty for that of programs. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** The kernel's own or a module's, rather than loaded with programs and maps. */
  readonly kernel: boolean;
}
