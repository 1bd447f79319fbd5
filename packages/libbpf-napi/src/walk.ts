import { idKinds } from "./addon-links.ts";
import { addon } from "./addon.ts";
import { type Btf, parseBtf } from "./btf/index.ts";
import { Descriptor } from "./descriptor.ts";
import { errnoName } from "./errno.ts";
import { BpfError, check, type Explanation, kernelError } from "./errors.ts";
import { KernelMapBase } from "./kernel-map-base.ts";
import { openLinkById } from "./link.ts";
import type { LinkInfo } from "./link-info-types.ts";
import type { KernelMapHandle, MapInfo } from "./map-types.ts";
import { openProgramById } from "./program.ts";
import type { ProgramInfo } from "./program-types.ts";
import type { BtfInfo } from "./walk-types.ts";

/**
 * What the kernel says of every loaded program, whoever loaded it, by ascending id (Linux 4.13).
 *
 * ```ts
 * for (const { id, name, type } of programs()) console.log(id, type, name);
 * ```
 *
 * The walk is no snapshot: what is loaded or released meanwhile may be in it or not.
 *
 * @throws {BpfError} `not-permitted` without the capability CAP_SYS_ADMIN
 */
export function programs(): IteratorObject<ProgramInfo> {
  return walk("program", (id) => {
    using program = openProgramById(id);
    return program.info();
  });
}

/**
 * What the kernel says of every map, by ascending id (Linux 4.13); see {@link programs}.
 *
 * ```ts
 * const bytes = maps().reduce((sum, { maxEntries, valueSize }) => sum + maxEntries * valueSize, 0);
 * ```
 *
 * @throws {BpfError} `not-permitted` without the capability CAP_SYS_ADMIN
 */
export function maps(): IteratorObject<MapInfo> {
  return walk("map", (id) => {
    using map = openMapHandleById(id);
    return map.info();
  });
}

/**
 * Opens a map by its id, of whatever type; a program's {@link ProgramInfo.mapIds} tells it.
 *
 * ```ts
 * using map = openMapHandleById(program.info().mapIds[0] ?? 0);
 * map.pin("/sys/fs/bpf/adopted");
 * ```
 *
 * @throws {BpfError} `no-such-map`, `not-permitted` without the capability CAP_SYS_ADMIN
 */
export function openMapHandleById(id: number): KernelMapHandle {
  return new KernelMapBase(openId("map", id));
}

/**
 * What the kernel says of every link, by ascending id (Linux 5.8); see {@link programs}. To hold or
 * change one, open it by {@link openLinkById}.
 *
 * ```ts
 * const onDevice2 = links().filter((link) => link.type === "tcx" && link.ifindex === 2);
 * ```
 *
 * @throws {BpfError} `not-permitted` without the capability CAP_SYS_ADMIN
 */
export function links(): IteratorObject<LinkInfo> {
  return walk("link", (id) => {
    using link = openLinkById(id);
    return link.info();
  });
}

/**
 * What the kernel says of all type information (BTF) that it holds, by ascending id (Linux 5.4);
 * see {@link programs}.
 *
 * ```ts
 * const modules = btfs().filter(({ kernel, name }) => kernel && name !== "vmlinux");
 * ```
 *
 * @throws {BpfError} `not-permitted` without the capability CAP_SYS_ADMIN
 */
export function btfs(): IteratorObject<BtfInfo> {
  return walk("btf", btfInfo);
}

/**
 * Type information that the kernel holds, by the id that {@link btfs}, a program's or a map's `info()`
 * tells: the kernel's own, a module's with the kernel's types before its own, or that of programs.
 *
 * ```ts
 * const types = readBtf(program.info().btfId ?? 0);
 * console.log(types.find("function", "count"));
 * ```
 *
 * @throws {BpfError} `no-such-btf`, `not-permitted` without the capability CAP_SYS_ADMIN
 */
export function readBtf(id: number): Btf {
  const { kernel, name } = btfInfo(id);
  const subject = `BTF ${String(id)}${name === "" ? "" : ` of ${name}`}`;
  if (!kernel || name === vmlinux) return parseBtf(btfData(id), subject);
  const base = btfs().find((each) => each.kernel && each.name === vmlinux);
  return parseBtf(btfData(id), subject, base === undefined ? undefined : readBtf(base.id));
}

/** The kernel's own type information. */
const vmlinux = "vmlinux";

function btfInfo(id: number): BtfInfo {
  using descriptor = openId("btf", id);
  const attempt = { operation: "read info of", subject: descriptor.subject };
  const info = addon().btfInfo(descriptor.number(attempt.operation));
  if (typeof info === "number") throw kernelError(attempt, -info);
  return info;
}

function btfData(id: number): Uint8Array {
  const data = addon().btfData(id);
  if (typeof data !== "number") return data;
  const attempt = { operation: "read BTF", subject: `of id ${String(id)}` };
  throw kernelError(attempt, -data, { ENOENT: missing.btf });
}

/**
 * The ids of a kind, and what is behind them; what is gone when it is looked at is left out, and so
 * is a link that is still being made: the kernel gives it an id before others may open it.
 */
function* walk<T>(kind: keyof typeof idKinds, look: (id: number) => T): Generator<T, undefined> {
  for (const id of idsOf(kind)) yield* lookIfPresent(id, look);
}

function* idsOf(kind: keyof typeof idKinds): Generator<number, undefined> {
  const attempt = { operation: "walk the kernel's ids of", subject: `${kind}s` };
  let id = 0;
  for (;;) {
    const next = addon().idAfter(idKinds[kind], id);
    if (next < 0 && errnoName(-next) === "ENOENT") return;
    id = check(attempt, next);
    yield id;
  }
}

const absent: ReadonlySet<string | undefined> = new Set(["ENOENT", "EAGAIN"]);

function lookIfPresent<T>(id: number, look: (id: number) => T): readonly T[] {
  try {
    return [look(id)];
  } catch (error) {
    if (error instanceof BpfError && absent.has(error.errno)) return [];
    throw error;
  }
}

const missing: Readonly<Record<"map" | "btf", Explanation>> = {
  map: { code: "no-such-map", reason: "no map has it, or has it any more" },
  btf: { code: "no-such-btf", reason: "no type information has it, or has it any more" },
};

function openId(kind: "map" | "btf", id: number): Descriptor {
  const attempt = { operation: `open ${kind}`, subject: `of id ${String(id)}` };
  const fd = check(attempt, addon().fdOfId(idKinds[kind], id), {
    ENOENT: missing[kind],
  });
  return new Descriptor(fd, `${kind} of id ${String(id)}`);
}
