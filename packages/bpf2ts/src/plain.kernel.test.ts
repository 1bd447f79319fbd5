import { decodeFromBytes, loadObject } from "libbpf-napi";
import { beforeAll, describe, expect, it } from "vitest";
import { compileProgram } from "./testing/foreign-object.ts";
import { plainObject, type Sample, sampleCodec, State } from "./testing/generated/plain.ts";

const { maps, programs, variables } = plainObject;

let bytes: Uint8Array;

beforeAll(() => {
  bytes = compileProgram("fixtures/plain.bpf.c");
});

function emptySample(): Sample {
  return decodeFromBytes(sampleCodec, new Uint8Array(sampleCodec.size));
}

describe("a program of plain C", () => {
  it("takes settings and first values of variables, and shows what it did", async () => {
    using object = await loadObject(plainObject, bytes, {
      settings: { limit: 100, bounds: { low: 11, strict: true } },
      variables: { mode: "b".charCodeAt(0), levels: [7, 8, 9], state: State.idle },
    });
    const { returnValue } = await object
      .program(programs.run.name)
      .testRun({ data: new Uint8Array(64) });
    expect(returnValue).toBe(State.idle);
    expect(object.variable(variables.levels).get()).toEqual([111, 8, 9]);
    expect(object.variable(variables.runs).get()).toBe(1n);
    expect(object.variable(variables.huge).get()).toEqual(Uint8Array.of(1, ...new Uint8Array(15)));
  });

  it("has values that both sides read and write", async () => {
    using object = await loadObject(plainObject, bytes);
    const samples = object.map(maps.samples);
    const sample = { ...emptySample(), version: 6, count: -9, wordUnion: new Uint8Array(4) };
    samples.set("first", { ...sample, comm: "node", labels: ["a", "b"], inner: 40 });
    await object.program(programs.run.name).testRun({ data: new Uint8Array(64) });
    expect(samples.get("first")).toEqual({
      ...sample,
      comm: "node",
      labels: ["a", "b"],
      version: 7,
      offset: -3,
      place: { x: 0, y: -9 },
      wordUnion: Uint8Array.of(0, 7, 0, 0),
      inner: 42,
    });
  });

  it.each(["settings", "variables"] as const)("refuses %s that it has not", async (kind) => {
    const wrong = { [kind]: { absent: 1 } };
    await expect(loadObject(plainObject, bytes, wrong)).rejects.toMatchObject({
      code: "no-such-member",
      operation: "set absent of object",
      subject: "plain",
    });
  });

  it("is not loaded by the spec of another one", async () => {
    const spec = { ...plainObject, maps: { ...maps, other: { ...maps.wide, name: "other" } } };
    await expect(loadObject(spec, bytes)).rejects.toMatchObject({
      code: "no-such-member",
      reason: "the file lacks map other",
    });
  });
});
