import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { createLinkScene, inner } from "./testing/link-scene.ts";

it("the example answers on its device until its input ends, and leaves nothing", async () => {
  await using scene = await createLinkScene();
  const { pathname } = new URL("../examples/respond.ts", import.meta.url);
  const args = ["--conditions=heddle-source", pathname, "eth0", inner[4], inner[6]];
  const inside = [`--net=${scene.host.path}`, "--", process.execPath, ...args];
  const example = spawn("nsenter", inside, { stdio: ["pipe", "pipe", "inherit"] });
  try {
    const [line] = await once(example.stdout, "data");
    expect(String(line)).toBe("answering on eth0; Ctrl-D ends it\n");
    const [link] = scene.links;
    for (const address of [inner[4], inner[6]])
      expect(await scene.resolve(link, address)).toMatchObject({ address: link.mac });
    example.stdin.end();
    expect(await once(example, "exit")).toEqual([0, null]);
    expect(await scene.host.rtnetlink.neighbours.list({ proxy: true })).toEqual([]);
  } finally {
    example.kill("SIGKILL");
  }
});
