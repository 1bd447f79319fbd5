import { compileProgram } from "./compile-c.ts";
import type { TestNamespace } from "./namespace.ts";

/** Makes two netkit devices in a namespace: `host`, the primary end, and `pod`, its peer. Linux 6.7. */
export function addNetkitPair(namespace: TestNamespace): void {
  using program = compileProgram("netkit-pair");
  namespace.run(program.file);
}
