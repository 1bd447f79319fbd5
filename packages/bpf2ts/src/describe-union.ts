import { type Btf, type BtfComposite, layoutName, layoutOf } from "libbpf-napi";
import type { TypeModel } from "./model.ts";

/** The bytes of a union, whose members share them; which of them is meant is known to the program alone. */
export function describeUnion(btf: Btf, type: BtfComposite): TypeModel {
  const members = type.members.map(({ name, type: id }) => {
    const layout = layoutName(layoutOf(btf, id));
    return name === "" ? layout : `\`${name}\` (${layout})`;
  });
  return { kind: "bytes", length: type.size, note: `a union of ${members.join(", ")}` };
}
