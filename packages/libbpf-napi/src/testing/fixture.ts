import { u32, u64 } from "../codecs.ts";
import { openObject } from "../object.ts";
import type { LoadedObject, OpenedObject } from "../object-types.ts";
import type { MapSpec } from "../spec.ts";
import { compileFixture } from "./compile-fixture.ts";

/** The counters of fixtures/runs.h. */
const runsSpec: MapSpec<number, bigint> = {
  name: "runs",
  type: "array",
  key: u32,
  value: u64,
  maxEntries: 32,
  flags: 0,
  layout: "",
};

/** An object of fixtures/, of which each test loads the programs that it needs. */
export interface Fixture {
  open(...programs: readonly string[]): Promise<OpenedObject>;
  load(...programs: readonly string[]): Promise<LoadedObject>;
}

export function compileToLoad(name: string): Fixture {
  const bytes = compileFixture(name);
  const open = async (...programs: readonly string[]): Promise<OpenedObject> => {
    const object = await openObject(bytes, { name });
    for (const program of object.programs) {
      object.setAutoload(program.name, programs.includes(program.name));
    }
    return object;
  };
  return { open, load: async (...programs) => await (await open(...programs)).load() };
}

/** How often the program of that number in the fixture ran. */
export function runsOf(object: LoadedObject, program: number): bigint {
  using runs = object.map(runsSpec);
  return runs.get(program) ?? 0n;
}
