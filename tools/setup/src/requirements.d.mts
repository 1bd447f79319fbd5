// The types of what the tests use; `requirements.mjs` runs on a Node that knows no TypeScript.
export function pathOf(program: string, path?: string): string | undefined;
export function isOnPath(program: string, path?: string): boolean;
export function parseOsRelease(text: string): Readonly<Record<string, string>>;
export function readDistribution(path?: string): {
  readonly name: string;
  readonly isSupported: boolean;
};
export function kernelProblems(
  release: string,
  places?: { readonly btf?: string },
): readonly string[];
export function missingRequirements(
  groups?: readonly ("bench" | "kernels")[],
): readonly { readonly debian: string; readonly program?: string }[];
