import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { compileFixture } from "./testing/compile-fixture.ts";
import { perfEventInfo } from "./testing/feature.ts";

/** Attaches a program in a process of its own, whose mounts are its own. */
function attachElsewhere(prepare: string): { readonly stdout: string; readonly stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), "hdt-tracepoint-"));
  try {
    const [object, script] = [join(folder, "tracing.bpf.o"), join(folder, "attach.mjs")];
    const index = fileURLToPath(new URL("index.ts", import.meta.url));
    writeFileSync(object, compileFixture("tracing"));
    writeFileSync(
      script,
      `
      import { openObject } from ${JSON.stringify(index)};
      const file = await openObject(${JSON.stringify(object)});
      for (const { name } of file.programs) file.setAutoload(name, name === "on_event");
      using object = await file.load();
      const show = ({ type, event, name }) => console.log(JSON.stringify({ type, event, name }));
      const fail = ({ code }) => console.log(JSON.stringify(code));
      const target = { kind: "tracepoint", category: "sched", name: "sched_switch", cookie: 7n };
      {
        await using link = await object.attach("on_event");
        show(link.info());
        await object.attach("on_event", target).catch(fail);
      }
      await using link = await object.attach("on_event", target);
      show(link.info());
      await object.attach("on_event", { ...target, name: "absent" }).catch(fail);
    `,
    );
    const run = `${prepare} && exec "${process.execPath}" --conditions=heddle-source "${script}"`;
    return spawnSync("unshare", ["--mount", "bash", "-c", run], { encoding: "utf8" });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("attaching to a tracepoint", () => {
  it("is by section and by name", (context) => {
    if (!/\ttracefs$/m.test(readFileSync("/proc/filesystems", "utf8"))) {
      context.skip("this kernel has no tracefs");
    }
    const { stdout, stderr } = attachElsewhere(
      "grep -q ' /sys/kernel/tracing tracefs' /proc/mounts || mount -t tracefs tracefs /sys/kernel/tracing",
    );
    expect(stderr).toBe("");
    const attached = expect.objectContaining(
      perfEventInfo({ event: "tracepoint", name: "sched_switch" }),
    ) as unknown;
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([attached, "already-attached", attached, "invalid-argument"]);
  });

  it("says that it needs tracefs", () => {
    const hide = "mount -t tmpfs none /sys/kernel/debug && mount -t tmpfs none /sys/kernel/tracing";
    const { stderr } = attachElsewhere(hide);
    expect(stderr).toContain("tracefs, which is not mounted");
    expect(stderr).toContain("mount -t tracefs tracefs /sys/kernel/tracing");
  });
});
