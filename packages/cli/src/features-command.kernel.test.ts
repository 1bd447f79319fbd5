import { describe, expect, it } from "vitest";
import { runHere } from "./testing/test-terminal.ts";

describe("heddle bpf features", () => {
  it("lists types with whether the kernel has them, as a table and as JSON", async () => {
    const table = await runHere(["bpf", "features"]);
    expect(table.code).toBe(0);
    expect(table.stdout).toMatch(/^KIND +NAME +AVAILABLE$/m);
    expect(table.stdout).toMatch(/^program type +sched_cls +yes$/m);
    const { stdout } = await runHere(["bpf", "features", "-o", "json"]);
    expect(JSON.parse(stdout)).toContainEqual({ kind: "map type", name: "hash", available: true });
  });

  it("lists the helpers of a type of programs", async () => {
    const { stdout } = await runHere(["bpf", "features", "--helpers", "xdp"]);
    expect(stdout).toMatch(/^helper +xdp_adjust_head +yes$/m);
    expect(stdout).toMatch(/^helper +skb_store_bytes +no$/m);
  });

  it("refuses a type that is none", async () => {
    const { code, stderr } = await runHere(["bpf", "features", "--helpers", "xpd"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/probe helpers of program type xpd: there is no such type \(there are /);
  });
});
