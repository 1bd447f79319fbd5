import { parseArgs } from "node:util";
import type { ObjectsOptions } from "./generate-objects.ts";

export const usage = `Usage: bpf2ts OBJECT... --out FILE [--sources PATH]... [--event MAP=TYPE]... [--type TYPE]... [--check]
       bpf2ts --config FILE [--check]

Generates typed specs of the maps, programs and variables of compiled BPF objects, for libbpf-napi.

  --out FILE        the file to write: .ts or .mts; with .js or .mjs, JavaScript and its declarations
  --sources PATH    a folder or file of C sources, whose doc comments (/** */) are taken over
  --event MAP=TYPE  the C type of the events in a ring buffer or perf buffer
  --type TYPE       a C type to generate although no map and no variable has it
  --config FILE     generate what a configuration says, for the files of several packages
  --check           write nothing; exit with 1 and show the difference when a file is stale
  --version         show the version
  --help            show this text

Example: bpf2ts count.bpf.o --out count.ts
`;

/** What the command is asked to do. */
export type Request =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "config"; readonly path: string; readonly check: boolean }
  | { readonly kind: "objects"; readonly options: ObjectsOptions; readonly check: boolean };

/** The command was called in a way that means nothing; the message says how it is meant. */
export class UsageError extends Error {}

/** @throws {UsageError} */
export function parseCommandLine(args: readonly string[]): Request {
  const { values, positionals } = parse(args);
  if (values.help === true) return { kind: "help" };
  if (values.version === true) return { kind: "version" };
  const check = values.check ?? false;
  if (values.config !== undefined) {
    const others = [values.out, values.sources, values.event, values.type];
    if (positionals.length > 0 || others.some((value) => value !== undefined)) {
      throw new UsageError("--config says everything itself: it goes with --check only");
    }
    return { kind: "config", path: values.config, check };
  }
  const { out, sources = [], event = [], type: types = [] } = values;
  checkObjects(positionals);
  const events = Object.fromEntries(event.map(parseEvent));
  return {
    kind: "objects",
    check,
    options: { objects: positionals, out: checkedOut(out, positionals), sources, events, types },
  };
}

type Parsed = ReturnType<typeof parseOptions>;

function parseOptions(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      out: { type: "string" },
      sources: { type: "string", multiple: true },
      event: { type: "string", multiple: true },
      type: { type: "string", multiple: true },
      config: { type: "string" },
      check: { type: "boolean" },
      version: { type: "boolean" },
      help: { type: "boolean" },
    },
    allowPositionals: true,
  });
}

function parse(args: readonly string[]): Parsed {
  try {
    return parseOptions(args);
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

function checkObjects(objects: readonly string[]): void {
  if (objects.length === 0) throw new UsageError("which object? name a compiled one: count.bpf.o");
  const source = objects.find((name) => name.endsWith(".c"));
  if (source !== undefined) {
    throw new UsageError(`${source} is C: compile it first, with clang -g -O2 -target bpf`);
  }
  const config = objects.find((name) => /\.[cm]?[jt]s$/.test(name));
  if (config !== undefined) {
    throw new UsageError(`${config} is no object; a configuration is named by --config`);
  }
}

function checkedOut(out: string | undefined, [object = ""]: readonly string[]): string {
  if (out === undefined) {
    const example = object.replace(/(?:\.bpf)?\.o$/, "");
    throw new UsageError(`where to? add --out ${example}.ts`);
  }
  if (/\.d\.[cm]?ts$/.test(out) || !/\.m?[jt]s$/.test(out)) {
    throw new UsageError(`--out ${out}: it ends with .ts or .mts, or with .js or .mjs`);
  }
  return out;
}

function parseEvent(text: string): readonly [map: string, type: string] {
  const [, map, type] = /^(\w+)=(\w[\w ]*)$/.exec(text) ?? [];
  if (map !== undefined && type !== undefined) return [map, type];
  throw new UsageError(`--event ${text}: it is MAP=TYPE, such as events=event`);
}
