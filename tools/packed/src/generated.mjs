// What somebody does who installed bpf2ts: load an object by the module that was generated from it, set what it
// begins with, run its program, and read a map and a variable.
//
//   node generated.mjs OBJECT MODULE
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { loadObject } from "libbpf-napi";

const [object, module] = process.argv.slice(2);
const { plainObject, State } = await import(pathToFileURL(resolve(module)).href);
const { maps, programs, variables } = plainObject;

const loaded = await loadObject(plainObject, object, { settings: { limit: 40 } });
const samples = loaded.map(maps.samples);
const empty = maps.samples.value.decode(new DataView(new ArrayBuffer(maps.samples.value.size)), 0);
samples.set("first", { ...empty, comm: "node", count: 5 });
const run = await loaded.program(programs.run.name).testRun({ data: new Uint8Array(64) });
assert.equal(run.returnValue, State.busy);
const { comm, version, place } = samples.get("first");
assert.deepEqual({ comm, version, place }, { comm: "node", version: 1, place: { x: 0, y: 5 } });
assert.equal(loaded.variable(variables.runs).get(), 1n);
assert.equal(loaded.variable(plainObject.settings.limit).get(), 40);
loaded.close();
console.log(`${process.version} by ${module}`);
