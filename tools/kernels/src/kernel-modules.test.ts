import { expect, it } from "vitest";
import { dependenciesOf, modulesInOrder } from "./kernel-modules.ts";

function module(depends: string): Uint8Array {
  return Buffer.from(`\x7fELF...\0license=GPL\0depends=${depends}\0name=x\0vermagic=6.1 SMP \0`);
}

it("a module says what it depends on", () => {
  expect(dependenciesOf(module("stp,llc"))).toEqual(["stp", "llc"]);
  expect(dependenciesOf(module(""))).toEqual([]);
  expect(dependenciesOf(Buffer.from("no module"))).toEqual([]);
});

it("modules are loaded after what they depend on, each once, and built-in ones not at all", async () => {
  const files = new Map([
    ["bridge", module("stp,llc")],
    ["stp", module("llc")],
    ["llc", module("")],
    ["veth", module("")],
  ]);
  const ordered = await modulesInOrder(["veth", "cls_bpf", "bridge", "llc"], async (name) =>
    files.get(name),
  );
  expect(ordered.map(({ name }) => name)).toEqual(["veth", "llc", "stp", "bridge"]);
});
