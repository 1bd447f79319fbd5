import { describe, expect, it } from "vitest";
import { findKernel, newestKernel } from "./choose-kernel.ts";
import type { DebianPackage } from "./debian-index.ts";

function index(
  packages: Readonly<Record<string, readonly string[]>>,
  version: string,
): ReadonlyMap<string, DebianPackage> {
  return new Map(
    Object.entries(packages).map(([name, depends]) => [
      name,
      { name, version, depends, path: `pool/${name}.deb`, sha256: "" },
    ]),
  );
}

describe("a suite's kernel", () => {
  it("is one package in older suites", () => {
    const suite = index(
      {
        "linux-image-cloud-amd64": ["linux-image-6.1.0-50-cloud-amd64"],
        "linux-image-6.1.0-47-cloud-amd64": ["kmod"],
        "linux-image-6.1.0-50-cloud-amd64": ["kmod", "linux-base", "initramfs-tools"],
        "linux-base": [],
      },
      "6.1.176-1",
    );
    const found = findKernel("bookworm", suite);
    expect(found).toMatchObject({ suite: "bookworm", version: "6.1.176-1" });
    expect(found?.packages.map(({ name }) => name)).toEqual(["linux-image-6.1.0-50-cloud-amd64"]);
  });

  it("is several packages since 6.19", () => {
    const base = "linux-base-7.3.4+deb13-cloud-amd64";
    const binary = "linux-binary-7.3.4+deb13-cloud-amd64";
    const modules = "linux-modules-7.3.4+deb13-cloud-amd64";
    const image = "linux-image-7.3.4+deb13-cloud-amd64";
    const suite = index(
      {
        "linux-image-cloud-amd64": ["linux-base-cloud-amd64", image],
        "linux-base-cloud-amd64": [base],
        [image]: ["dracut", base, binary, modules],
        [base]: [],
        [binary]: [base],
        [modules]: ["kmod", base],
      },
      "7.3.4-1~bpo13+1",
    );
    const found = findKernel("trixie-backports", suite);
    expect(found?.packages.map(({ name }) => name)).toEqual([image, base, binary, modules]);
  });

  it("is missing where there is none", () => {
    expect(findKernel("empty", new Map())).toBeUndefined();
    expect(findKernel("half", index({ "linux-image-cloud-amd64": ["gone"] }, "1"))).toBeUndefined();
  });
});

it("the newest of some kernels is chosen by number", () => {
  const kernels = ["6.12.1-1", "7.3.4-1~bpo13+1", "7.2.13-1"].map((version) => ({
    suite: version,
    version,
    packages: [],
  }));
  expect(newestKernel(kernels)?.version).toBe("7.3.4-1~bpo13+1");
  expect(newestKernel([])).toBeUndefined();
});
