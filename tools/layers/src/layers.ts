/** The layers, lowest first. Imports go down; what a layer allows sideways is said here too. */
export const layers: readonly Layer[] = [
  { packages: ["@heddle/contracts"], sideways: false },
  {
    packages: ["@heddle/tables", "@heddle/packet", "libbpf-napi", "@heddle/rtnetlink"],
    sideways: false,
  },
  {
    packages: [
      "@heddle/bpf2ts",
      "@heddle/conntrack",
      "@heddle/datapath",
      "@heddle/encap-geneve",
      "@heddle/endpoint",
      "@heddle/ipam",
      "@heddle/ipv6-ndp",
      "@heddle/kube-source",
      "@heddle/routing",
    ],
    sideways: false,
  },
  {
    packages: ["@heddle/agent", "@heddle/cli", "@heddle/lab", "@heddle/testing"],
    sideways: true,
  },
];

export interface Layer {
  readonly packages: readonly string[];
  /** Whether packages of this layer may import one another. */
  readonly sideways: boolean;
}

/** What tests of the feature layer and above may import although it stands higher than they do. */
export const testSupport = "@heddle/testing";

/** The lowest layer whose tests may use {@link testSupport}, which is itself built on the layers below. */
export const testSupportFrom = 2;

/** The number of the package's layer, or `undefined` when it has none. */
export function layerOf(name: string): number | undefined {
  const index = layers.findIndex((layer) => layer.packages.includes(name));
  return index < 0 ? undefined : index;
}

/** Names of folders and files that say nothing about what belongs in them. */
export const drawers: readonly string[] = [
  "util",
  "utils",
  "common",
  "helper",
  "helpers",
  "misc",
  "shared",
];
