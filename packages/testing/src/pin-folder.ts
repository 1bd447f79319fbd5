import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { mountBpffs } from "libbpf-napi";

/** A folder of a test's own in the BPF file system. Disposing removes it with all that is pinned in it. */
export interface PinFolder extends Disposable {
  readonly path: string;
}

/** Names a folder; it is made by whoever pins in it. Mounts the BPF file system where it is not. */
export function createPinFolder(): PinFolder {
  mountBpffs("/sys/fs/bpf");
  const path = `/sys/fs/bpf/hdt-${randomBytes(4).toString("hex")}`;
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
