import { type Btf, btfOfElf, type ElfFile, type Layout, layoutOf } from "./btf/index.ts";
import { isConfigFound, kernelConfigElsewhere } from "./kernel-config.ts";

/** What libbpf is given beside what it finds out by itself. */
export interface KernelOptions {
  /** In the format of a kernel's configuration; undefined for nothing. */
  readonly text: string | undefined;
  /** Options that the object cannot do without, and of which nothing is known. */
  readonly missing: readonly string[];
}

/**
 * The kernel options of an object's `__kconfig` variables, as far as libbpf does not read them by
 * itself. Where it finds no configuration, it refuses an object of which it was not given every
 * option, so that weak ones which the kernel does not know are given as zeros.
 *
 * @param given what comes before the kernel's own configuration
 * @param root folder to look in instead of `/`
 */
export async function kernelOptions(
  elf: ElfFile,
  given: string | undefined,
  root = "/",
): Promise<KernelOptions> {
  if (await isConfigFound(root)) return { text: given, missing: [] };
  const known = [given, await kernelConfigElsewhere(root)].filter((each) => each !== undefined);
  const unknown = optionsOf(elf).filter(
    ({ name }) => !known.some((text) => new RegExp(`^${name}=`, "m").test(text)),
  );
  const zeros = unknown.filter(({ weak }) => weak).map(({ name, zero }) => `${name}=${zero}`);
  const lines = [...known, ...zeros];
  return {
    text: lines.length === 0 ? undefined : lines.join("\n"),
    missing: unknown.filter(({ weak }) => !weak).map(({ name }) => name),
  };
}

interface Option {
  readonly name: string;
  readonly weak: boolean;
  /** How a configuration says the zero of its type. */
  readonly zero: string;
}

function optionsOf(elf: ElfFile): readonly Option[] {
  const externs = elf.symbols.filter(
    ({ name, section }) => section === undefined && /^CONFIG_\w+$/.test(name),
  );
  if (externs.length === 0 || !elf.sections.some(({ name }) => name === ".BTF")) return [];
  const btf = btfOfElf(elf);
  const entries = btf.find("section", ".kconfig")?.entries ?? [];
  return entries.flatMap(({ variable }) => {
    const symbol = externs.find(({ name }) => name === btf.type(variable).name);
    return symbol === undefined ? [] : [{ ...symbol, zero: zeroOf(btf, variable) }];
  });
}

function zeroOf(btf: Btf, variable: number): string {
  const layout: Layout = layoutOf(btf, variable);
  if (layout.kind === "array") return '""';
  const truth = layout.kind === "scalar" && layout.format === "bool";
  return truth || layout.names.includes("enum libbpf_tristate") ? "n" : "0";
}
