import { addon, type Outcome } from "./addon.ts";
import { BpfError, kernelError } from "./errors.ts";
import { mapTypes, programTypes } from "./kernel-names.ts";

/** What the running kernel offers of BPF, by the names that bpftool prints. */
export interface KernelFeatures {
  /** Every type of programs that is known, and whether one could be loaded: `sched_cls`. */
  readonly programTypes: ReadonlyMap<string, boolean>;
  /** Every type of maps that is known, and whether one could be made: `lru_hash`. */
  readonly mapTypes: ReadonlyMap<string, boolean>;
  /**
   * Where programs can be attached, as the kernel's own type information lists it: `tcx_ingress`. Some need
   * an option of the kernel's configuration besides; `undefined` where the kernel has no type information.
   */
  readonly attachTypes: ReadonlySet<string> | undefined;
  /** Kinds of links, likewise: `tcx`. */
  readonly linkTypes: ReadonlySet<string> | undefined;
}

let features: Promise<KernelFeatures> | undefined;
const helpers = new Map<string, Promise<ReadonlyMap<string, boolean>>>();

/**
 * Finds out what the running kernel offers, by trying each type of program and of map once per process, off
 * the event loop.
 *
 * @throws {BpfError} `not-permitted` when this process may not try
 */
export function kernelFeatures(): Promise<KernelFeatures> {
  features ??= forgetFailure(findFeatures(), () => (features = undefined));
  return features;
}

/**
 * Finds out of every helper function that is known (`redirect_neigh`) whether programs of a type (`xdp`) may
 * call it in the running kernel, by trying each once per process, off the event loop.
 *
 * @throws {BpfError} `invalid-argument` for a type that is none, `not-permitted`
 */
export function kernelHelpers(programType: string): Promise<ReadonlyMap<string, boolean>> {
  const known = helpers.get(programType);
  if (known !== undefined) return known;
  const found = forgetFailure(findHelpers(programType), () => helpers.delete(programType));
  helpers.set(programType, found);
  return found;
}

/** Who may not try now may be allowed to later. */
async function forgetFailure<T>(found: Promise<T>, forget: () => void): Promise<T> {
  try {
    return await found;
  } catch (error) {
    forget();
    throw error;
  }
}

async function findFeatures(): Promise<KernelFeatures> {
  const native = addon();
  const [ofPrograms, ofMaps, attachTypes, linkTypes] = await Promise.all([
    native.probeTypes(false, programTypes.length),
    native.probeTypes(true, mapTypes.length),
    kernelEnum("bpf_attach_type", "BPF_"),
    kernelEnum("bpf_link_type", "BPF_LINK_TYPE_"),
  ]);
  return {
    programTypes: present(programTypes, ofPrograms, "program types"),
    mapTypes: present(mapTypes, ofMaps, "map types"),
    attachTypes,
    linkTypes,
  };
}

async function findHelpers(programType: string): Promise<ReadonlyMap<string, boolean>> {
  const number = programTypes.indexOf(programType);
  if (number < 1) {
    throw new BpfError({
      code: "invalid-argument",
      operation: "probe helpers of program type",
      subject: programType,
      reason: "there is no such type",
      hint: `there are ${programTypes.slice(1).join(", ")}`,
    });
  }
  const native = addon();
  const outcome = await native.probeHelpers(number);
  return present(native.probeHelperNames(), outcome, `helpers of ${programType}`);
}

/** The names, each with whether something was found at its number. */
function present(
  names: readonly string[],
  { error, found }: Outcome & { readonly found?: Uint8Array },
  subject: string,
): ReadonlyMap<string, boolean> {
  if (error !== 0 || found === undefined) {
    throw kernelError({ operation: "probe", subject }, error);
  }
  const rows = names.map((name, number) => [name, found[number] === 1] as const);
  return new Map(rows.filter(([name]) => name !== "" && name !== "unspec"));
}

/**
 * The enumerators of one of the kernel's enums, without their prefix, in lower case, and without the enum's
 * end and placeholders.
 */
async function kernelEnum(name: string, prefix: string): Promise<ReadonlySet<string> | undefined> {
  const { names } = await addon().kernelEnum(name);
  if (names === undefined) return undefined;
  return new Set(
    names
      .filter((one) => one.startsWith(prefix) && !/(?:UNSPEC|__MAX)/.test(one))
      .map((one) => one.slice(prefix.length).toLowerCase()),
  );
}
