/** A kernel module: where it is, and what it holds. */
export interface KernelModule {
  /** As in `modprobe NAME`, with underscores. */
  readonly name: string;
  readonly content: Uint8Array;
}

/** The modules that a module's `depends` names, of its `.modinfo`: text without structure around it. */
export function dependenciesOf(module: Uint8Array): readonly string[] {
  const text = Buffer.from(module).toString("latin1");
  const [, names = ""] = /\0depends=([^\0]*)\0/.exec(text) ?? [];
  return names.split(",").filter((name) => name !== "");
}

/**
 * The modules with what they depend on, in an order that they can be loaded in. A name that `read` knows
 * nothing of is left out: that is built into the kernel, or the kernel has no such feature.
 */
export async function modulesInOrder(
  wanted: readonly string[],
  read: (name: string) => Promise<Uint8Array | undefined>,
): Promise<readonly KernelModule[]> {
  const ordered = new Map<string, KernelModule>();
  const visit = async (name: string): Promise<void> => {
    if (ordered.has(name)) return;
    const content = await read(name);
    if (content === undefined) return;
    for (const dependency of dependenciesOf(content)) await visit(dependency);
    ordered.set(name, { name, content });
  };
  for (const name of wanted) await visit(name);
  return [...ordered.values()];
}
