import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { RtnetlinkError } from "../rtnetlink-error.ts";

declare const socketBrand: unique symbol;

/** A socket of the addon; only the addon can look into it. */
export interface NativeSocket {
  readonly [socketBrand]: never;
}

/**
 * The native part, described in `native/src/*.h`. Failures of system calls are Errors with `errno`, positive, and
 * `syscall`. A negative `netnsFd` is the calling thread's own namespace.
 */
export interface NativeAddon {
  openSocket(
    netnsFd: number,
    onReceive: (datagram: Uint8Array | undefined, errno: number) => void,
  ): NativeSocket;
  sendSocket(socket: NativeSocket, bytes: Uint8Array): Promise<void>;
  setSocketOption(socket: NativeSocket, level: number, option: number, value: number): void;
  holdSocket(socket: NativeSocket, hold: boolean): void;
  closeSocket(socket: NativeSocket): void;
  isNetns(fd: number): boolean;
  createNetns(path: string, sharedFolder: string): Promise<void>;
  unmountNetns(path: string): Promise<void>;
  readSysctl(netnsFd: number, path: string): Promise<string>;
  writeSysctl(netnsFd: number, path: string, value: string): Promise<void>;
}

const functionNames: readonly (keyof NativeAddon)[] = [
  "openSocket",
  "sendSocket",
  "setSocketOption",
  "holdSocket",
  "closeSocket",
  "isNetns",
  "createNetns",
  "unmountNetns",
  "readSysctl",
  "writeSysctl",
];

let loaded: NativeAddon | undefined;

/**
 * The addon for this platform. Loaded at the first use, so that importing the package is cheap and works
 * where there is none.
 *
 * @throws {RtnetlinkError} `addon-missing`
 */
export function nativeAddon(): NativeAddon {
  loaded ??= loadAddon(prebuildPath(prebuildName()));
  return loaded;
}

/** `linux-x64-glibc`: the folder of this platform's build. */
export function prebuildName(): string {
  return `${process.platform}-${process.arch}-${libcName()}`;
}

function prebuildPath(name: string): string {
  return fileURLToPath(new URL(`../../prebuilds/${name}/rtnetlink.node`, import.meta.url));
}

/** @throws {RtnetlinkError} `addon-missing` */
export function loadAddon(path: string): NativeAddon {
  if (!existsSync(path)) throw missing(path, "there is no such file");
  const addon = requireFile(path);
  if (isAddon(addon)) return addon;
  throw missing(path, "it is of another version of this package: it lacks functions");
}

function requireFile(path: string): unknown {
  try {
    return createRequire(import.meta.url)(path);
  } catch (error) {
    throw missing(path, error instanceof Error ? error.message : String(error), error);
  }
}

function isAddon(value: unknown): value is NativeAddon {
  if (typeof value !== "object" || value === null) return false;
  const names = new Set(Object.keys(value));
  return functionNames.every((name) => names.has(name));
}

/** Musl's loader is also its C library, and is mapped into every process that uses it. */
function libcName(): string {
  const maps = "/proc/self/maps";
  return existsSync(maps) && readFileSync(maps).includes("/ld-musl-") ? "musl" : "glibc";
}

function missing(path: string, reason: string, cause?: unknown): RtnetlinkError {
  return new RtnetlinkError({
    code: "addon-missing",
    operation: "load native addon",
    subject: path,
    reason,
    hint: "npm run native -w @heddle/rtnetlink builds it; that needs Linux, a C compiler and Node's headers",
    cause,
  });
}
