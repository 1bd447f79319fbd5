import { addon } from "../addon.ts";
import { mapTypeNumber } from "../kernel-names.ts";

/** Whether the running kernel has no maps of this type, by the name that bpftool prints. */
export function lacksMapType(type: string): boolean {
  return addon().probeMapType(mapTypeNumber(type)) === 0;
}
