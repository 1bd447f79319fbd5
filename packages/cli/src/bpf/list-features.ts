import { kernelFeatures, kernelHelpers } from "libbpf-napi";
import { formatTable } from "../table.ts";

/** Something of BPF that a kernel has or has not. */
export interface FeatureRow {
  readonly kind: "program type" | "map type" | "attach type" | "link type" | "helper";
  readonly name: string;
  readonly available: boolean;
}

/** What the running kernel offers, found out by trying. */
export async function listFeatures(): Promise<readonly FeatureRow[]> {
  const { programTypes, mapTypes, attachTypes, linkTypes } = await kernelFeatures();
  return [
    ...rows("program type", programTypes),
    ...rows("map type", mapTypes),
    ...Array.from(attachTypes ?? [], (name) => row("attach type", name, true)),
    ...Array.from(linkTypes ?? [], (name) => row("link type", name, true)),
  ];
}

/** The helper functions that programs of a type may call. */
export async function listHelpers(programType: string): Promise<readonly FeatureRow[]> {
  return rows("helper", await kernelHelpers(programType));
}

function rows(kind: FeatureRow["kind"], found: ReadonlyMap<string, boolean>): FeatureRow[] {
  return Array.from(found, ([name, available]) => row(kind, name, available));
}

function row(kind: FeatureRow["kind"], name: string, available: boolean): FeatureRow {
  return { kind, name, available };
}

export function formatFeatures(features: readonly FeatureRow[]): string {
  return formatTable(features, {
    kind: ({ kind }) => kind,
    name: ({ name }) => name,
    available: ({ available }) => (available ? "yes" : "no"),
  });
}
