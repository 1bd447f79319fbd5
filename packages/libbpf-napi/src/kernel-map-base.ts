import { readFileSync } from "node:fs";
import { addon, type NativeMapInfo } from "./addon.ts";
import type { Descriptor } from "./descriptor.ts";
import { deviceOf } from "./device-choice.ts";
import { check, kernelError } from "./errors.ts";
import { DescriptorHandle } from "./handle.ts";
import { mapTypeName } from "./kernel-names.ts";
import type { KernelMapHandle, MapInfo } from "./map-types.ts";

/** What all maps in the kernel have in common. */
export class KernelMapBase extends DescriptorHandle implements KernelMapHandle {
  readonly #descriptor: Descriptor;

  constructor(descriptor: Descriptor) {
    super(descriptor);
    this.#descriptor = descriptor;
  }

  info(): MapInfo {
    const info = nativeMapInfo(this.#descriptor);
    const { id, name, keySize, valueSize, maxEntries, flags } = info;
    const frozen = isFrozen(this.#descriptor.number("read info of"));
    return {
      id,
      name,
      type: mapTypeName(info.type),
      keySize,
      valueSize,
      maxEntries,
      flags,
      frozen,
      btfId: info.btfId === 0 ? undefined : info.btfId,
      device: deviceOf(info),
    };
  }

  freeze(): void {
    const attempt = { operation: "freeze", subject: this.#descriptor.subject };
    const fd = this.#descriptor.number(attempt.operation);
    if (isFrozen(fd)) return;
    check(attempt, addon().mapFreeze(fd), {
      EBUSY: { code: "invalid-state", reason: "its memory is mapped for writing" },
      ENOTSUPP: { code: "invalid-argument", reason: "maps of its type cannot be frozen" },
    });
  }
}

/** The addon's answer about the map that `descriptor` refers to. */
export function nativeMapInfo(descriptor: Descriptor): NativeMapInfo {
  const attempt = { operation: "read info of", subject: descriptor.subject };
  const info = addon().mapInfo(descriptor.number(attempt.operation));
  if (typeof info === "number") throw kernelError(attempt, -info);
  return info;
}

/** The kernel shows the freeze only in /proc. */
function isFrozen(fd: number): boolean {
  return /^frozen:\s*1$/m.test(readFileSync(`/proc/self/fdinfo/${String(fd)}`, "utf8"));
}
