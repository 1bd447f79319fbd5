import { describe, expect, it } from "vitest";
import { parseCommandLine, UsageError } from "./command-line.ts";

describe("the command line", () => {
  it("names objects, where to write, and what C does not say", () => {
    const text = "a.bpf.o b.bpf.o --out gen/a.ts --sources src --event e=struct event --check";
    const args = text.replace("struct event", "struct_event").split(" ");
    expect(parseCommandLine(args.map((arg) => arg.replace("struct_", "struct ")))).toEqual({
      kind: "objects",
      check: true,
      options: {
        objects: ["a.bpf.o", "b.bpf.o"],
        out: "gen/a.ts",
        sources: ["src"],
        events: { e: "struct event" },
        types: [],
      },
    });
  });

  it("names a configuration", () => {
    expect(parseCommandLine(["--config", "a.config.ts"])).toEqual({
      kind: "config",
      path: "a.config.ts",
      check: false,
    });
  });

  it.each([
    ["", "which object? name a compiled one: count.bpf.o"],
    ["a.bpf.o", "where to? add --out a.ts"],
    ["a.bpf.o --out a.txt", "--out a.txt: it ends with .ts or .mts, or with .js or .mjs"],
    ["a.bpf.o --out a.d.ts", "--out a.d.ts: it ends with .ts or .mts, or with .js or .mjs"],
    ["a.bpf.c --out a.ts", "a.bpf.c is C: compile it first, with clang -g -O2 -target bpf"],
    ["a.config.ts", "a.config.ts is no object; a configuration is named by --config"],
    ["--config a.ts b.bpf.o", "--config says everything itself: it goes with --check only"],
    ["a.bpf.o --out a.ts --event e", "--event e: it is MAP=TYPE, such as events=event"],
  ])("is refused as `%s`", (text, message) => {
    const args = text.split(" ").filter((arg) => arg !== "");
    expect(() => parseCommandLine(args)).toThrow(new UsageError(message));
  });

  it("is refused with an option that does not exist", () => {
    expect(() => parseCommandLine(["--chekc"])).toThrow(UsageError);
  });
});
