import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compile } from "./compile.ts";
import { type StackDepth, stackDepths, stackLimit } from "./stack-depth.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** A program whose two functions and callback have frames of known sizes. */
const source = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static long called_back(__u32 index, void *context)
{
	volatile char room[40] = {};

	(void)context;
	return room[index & 7];
}

__noinline int inner(void *context)
{
	volatile char room[100] = {};

	return bpf_loop(3, called_back, context, 0) + room[1];
}

static __noinline int unused_by_second(int number)
{
	volatile char room[200] = {};

	return room[number & 7];
}

SEC("tcx/ingress")
int first(struct __sk_buff *skb)
{
	volatile char room[64] = {};

	return inner(skb) + unused_by_second(room[0]);
}

SEC("tcx/egress")
int second(struct __sk_buff *skb)
{
	return inner(skb);
}

char LICENSE[] SEC("license") = "GPL";
`;

describe("the stack of a program", () => {
  let folder: string;
  let depths: readonly StackDepth[];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "hdt-stack-"));
    writeFileSync(join(folder, "chain.bpf.c"), source);
    const object = compile(join(folder, "chain.bpf.c"), join(folder, "chain.bpf.o"), root);
    depths = stackDepths(readFileSync(object), object);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is that of its deepest chain of calls, those that a helper makes included", () => {
    expect(depths).toMatchObject([
      { program: "first", bytes: 64 + 224 },
      { program: "second", bytes: 32 + 128 + 64 },
    ]);
    expect(depths[1]?.chain.map(([name]) => name)).toEqual(["second", "inner", "called_back"]);
    expect(depths[0]?.chain.map(([name]) => name)).toEqual(["first", "unused_by_second"]);
  });
});

describe("the programs of the packages", () => {
  const objects = readdirSync(join(root, "packages")).flatMap((name) => {
    const folder = join(root, "packages", name, "objects");
    return list(folder).map((file) => join(folder, file));
  });

  it("are there", () => {
    expect(objects.length).toBeGreaterThan(3);
  });

  it.each(objects)("have room for their frames in Linux 6.1: %s", (file) => {
    const tooDeep = stackDepths(readFileSync(file), file).filter(({ bytes }) => bytes > stackLimit);
    expect(tooDeep).toEqual([]);
  });
});

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((file) => file.endsWith(".bpf.o"));
  } catch {
    return [];
  }
}
