import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { kernelFeatures, kernelHelpers } from "./kernel-features.ts";
import { runChild } from "./testing/run-child.ts";

describe("the kernel's features", () => {
  it("are what this package's other tests use, at least", async () => {
    const { programTypes, mapTypes, attachTypes, linkTypes } = await kernelFeatures();
    for (const name of ["sched_cls", "xdp", "cgroup_sock_addr", "socket_filter"]) {
      expect([name, programTypes.get(name)]).toEqual([name, true]);
    }
    for (const name of ["hash", "percpu_array", "ringbuf"]) {
      expect([name, mapTypes.get(name)]).toEqual([name, true]);
    }
    expect(attachTypes === undefined).toBe(!existsSync("/sys/kernel/btf/vmlinux"));
    expect([...(attachTypes ?? ["xdp"])]).toContain("xdp");
    expect([...(linkTypes ?? ["xdp"])]).toContain("xdp");
    const names = [...programTypes.keys(), ...mapTypes.keys(), ...(attachTypes ?? [])];
    expect(names.length).toBeGreaterThan(60);
    expect(names.filter((name) => !/^[a-z0-9_]+$/.test(name))).toEqual([]);
  });

  it("are found out once", async () => {
    expect(kernelFeatures()).toBe(kernelFeatures());
    expect(await kernelFeatures()).toBe(await kernelFeatures());
    expect(kernelHelpers("xdp")).toBe(kernelHelpers("xdp"));
  });

  it("have the helpers of a type of programs, and not another's", async () => {
    const ofXdp = await kernelHelpers("xdp");
    const ofClassifiers = await kernelHelpers("sched_cls");
    expect(ofXdp.get("map_lookup_elem")).toBe(true);
    expect(ofXdp.get("xdp_adjust_head")).toBe(true);
    expect(ofXdp.get("skb_store_bytes")).toBe(false);
    expect(ofClassifiers.get("skb_store_bytes")).toBe(true);
    expect(ofClassifiers.get("xdp_adjust_head")).toBe(false);
    expect([...ofXdp.keys()]).toEqual([...ofClassifiers.keys()]);
  });

  it("of a type that is none are refused with those that there are", async () => {
    await expect(kernelHelpers("xpd")).rejects.toMatchObject({
      code: "invalid-argument",
      subject: "xpd",
      hint: expect.stringContaining("sched_cls, sched_act"),
    });
  });

  it("cannot be found out without root, which is said", () => {
    const module = fileURLToPath(new URL("kernel-features.ts", import.meta.url));
    const script = `
      import { kernelFeatures } from ${JSON.stringify(module)};
      await kernelFeatures().catch(({ code, hint }) => console.log(code, hint));`;
    const drop = "--reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all".split(" ");
    const node = ["--conditions=heddle-source", "--input-type=module", "-e", script];
    const args = ["setpriv", ...drop, process.execPath, ...node];
    const { stdout, stderr } = runChild("env", args);
    expect([stdout, stderr]).toEqual([expect.stringMatching(/^not-permitted .*CAP_BPF/), ""]);
  });
});
