import type { InterfaceIndex } from "@heddle/contracts";
import type { Handle } from "./handle.ts";
import type { SockmapHook, TcxHook } from "./hook-types.ts";
import type { Program } from "./program-types.ts";

/** What ties a program to a hook, whether the kernel has a link for it or not. */
export interface Attachment<I> extends AsyncDisposable {
  /** Whether it was closed; every other use of it then throws `handle-closed`. */
  readonly closed: boolean;
  /** What the kernel says of it now. */
  info(): I;
  /**
   * Replaces the program; nothing is seen by both or by none.
   *
   * @throws {BpfError} `target-gone`
   */
  update(program: Program): Promise<void>;
  /** Detaches the program now. */
  detach(): Promise<void>;
  /** Detaches the program, unless something else keeps it attached, and releases this handle. */
  close(): Promise<void>;
}

export interface SockmapOptions {
  /** A map of type `sockmap` or `sockhash`; what its sockets receive or send goes through the program. */
  readonly map: Handle;
  /** The hook, which must be the one that the program was written for. */
  readonly hook: SockmapHook;
  /**
   * What keeps the program attached: a link, or the map itself, for as long as the map lives.
   *
   * @defaultValue `"link"` where the kernel has it (Linux 6.10), else `"map"`
   */
  readonly owner?: "link" | "map";
}

export interface SocketOptions {
  /** Descriptor of the socket. It stays the caller's. */
  readonly fd: number;
  /** What the program decides: about the socket's packets, or about sockets of one port. */
  readonly hook: "filter" | "reuseport";
}

/** A program that a map of sockets holds itself. */
export interface SockmapAttachmentInfo {
  readonly type: "sockmap";
  /** There is no link. */
  readonly id: undefined;
  readonly programId: number;
  readonly mapId: number;
  readonly hook: SockmapHook;
}

export interface ClsactOptions {
  readonly ifindex: InterfaceIndex;
  readonly hook: TcxHook;
  /**
   * Among the filters of the hook, from 1 to 65535: lower ones first, and the first that decides
   * ends the walk.
   *
   * @defaultValue before those that are there
   */
  readonly priority?: number;
  /** Tells filters of one priority apart. @defaultValue one that is free */
  readonly handle?: number;
  /** Take the place of a filter with this priority and handle. @defaultValue `false` */
  readonly replace?: boolean;
  /** Path of the network namespace that the device is in. @defaultValue this process's own */
  readonly netns?: string;
}

/** Where one filter is. */
export interface ClsactPlace {
  readonly ifindex: InterfaceIndex;
  readonly hook: TcxHook;
  /** From 1 to 65535. */
  readonly priority: number;
  readonly handle: number;
  /** Path of the network namespace that the device is in. @defaultValue this process's own */
  readonly netns?: string;
}

/** How a program gets at a device's traffic: `auto` is tcx where the kernel has it (Linux 6.6), and else clsact. */
export type TcAttachment = "auto" | "tcx" | "clsact";

/** Where a program is attached, by a link or as a filter; only a filter has a priority and a handle. */
export interface TcOptions extends Omit<ClsactPlace, "netns"> {
  /** Path of the network namespace that the device is in. @defaultValue this process's own */
  readonly netns?: string | undefined;
  /** @defaultValue `"auto"` */
  readonly attachment?: TcAttachment | undefined;
}

/** A filter of traffic control. */
export interface ClsactInfo {
  readonly type: "clsact";
  readonly ifindex: InterfaceIndex;
  readonly hook: TcxHook;
  readonly programId: number;
  readonly priority: number;
  readonly handle: number;
}
