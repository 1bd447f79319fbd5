// What somebody does who installed libbpf-napi: open an object, look into it, load it, run a program on a
// packet, write and read a map. Plain JavaScript for the oldest Node that is supported.
//
//   node embedder.mjs OBJECT
import assert from "node:assert/strict";
import { interfaceIndex } from "@heddle/contracts";
import { createMap, createMemoryMap, openObject, u32, u64 } from "libbpf-napi";

const file = await openObject(process.argv[2]);
assert.deepEqual(file.programs.map(({ name }) => name).toSorted(), ["from_pod", "to_pod"]);
const object = await file.load();
const result = await object.program("from_pod").testRun({
  data: new Uint8Array(64),
  context: { ifindex: interfaceIndex(1) },
});
assert.equal(result.returnValue, 2, "a packet of no known protocol is dropped");

const spec = {
  name: "packed",
  type: "hash",
  key: u32,
  value: u64,
  maxEntries: 8,
  flags: 0,
  layout: "",
};
const map = await createMap(spec);
for (const one of [map, createMemoryMap(spec)]) {
  one.set(1, 2n);
  assert.equal(one.get(1), 2n);
}
map.close();
object.close();
file.close();
console.log(`${process.version} ${process.arch}`);
