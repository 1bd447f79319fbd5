import { interfaceIndex } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { attachClsact, queryClsact } from "./attach-clsact.ts";
import { attachTc } from "./attach-tc.ts";
import { queryTcx } from "./attach-tcx.ts";
import type { ClsactPlace } from "./attachment-types.ts";
import { probe } from "./probe.ts";
import { counterScene } from "./testing/counter-scene.ts";
import { requireFeature } from "./testing/feature.ts";

const scene = counterScene();

function at(options: Partial<ClsactPlace> = {}): ClsactPlace {
  const { left: ifindex, path: netns } = scene.namespace;
  return { ifindex, netns, hook: "egress", priority: 10, handle: 7, ...options };
}

/** The ids of the programs that are links, and of those that are filters. */
async function programs(): Promise<Record<"tcx" | "clsact", readonly number[]>> {
  const { left, path: netns } = scene.namespace;
  const filters = await queryClsact(left, "egress", { netns });
  const hasTcx = (await probe("tcx")).supported;
  const links = hasTcx ? (await queryTcx(left, "egress", { netns })).programs : [];
  return {
    tcx: links.map(({ programId }) => programId),
    clsact: filters.map(({ programId }) => programId),
  };
}

describe("attaching in the way that the kernel has", () => {
  it("is by tcx where there is tcx, and by a filter elsewhere", async () => {
    const program = scene.object.program("observe");
    const { id } = program.info();
    const attachment = await attachTc(program, at());
    const hasTcx = (await probe("tcx")).supported;
    expect(await programs()).toEqual(
      hasTcx ? { tcx: [id], clsact: [] } : { tcx: [], clsact: [id] },
    );
    await attachment.close();
    expect(await programs()).toEqual({ tcx: [], clsact: [] });
  });

  it.for(["tcx", "clsact"] as const)("is by %s where that is asked for", async (way, context) => {
    if (way === "tcx") await requireFeature(context, "tcx");
    const program = scene.object.program("observe");
    {
      await using _ = await attachTc(program, { ...at(), attachment: way });
      const none = { tcx: [], clsact: [] };
      expect(await programs()).toEqual({ ...none, [way]: [program.info().id] });
    }
    expect(await programs()).toEqual({ tcx: [], clsact: [] });
  });

  it("takes the place of a filter that somebody left there, and of no other", async () => {
    const [left, other, program] = ["pass", "grow", "observe"].map((name) =>
      scene.object.program(name),
    );
    if (left === undefined || other === undefined || program === undefined)
      throw new Error("three");
    await attachClsact(left, at());
    await attachClsact(other, at({ handle: 8 }));
    await using _ = await attachTc(program, { ...at(), attachment: "clsact" });
    const ids = [program, other].map((each) => each.info().id);
    expect(new Set((await programs()).clsact)).toEqual(new Set(ids));
  });

  it("says what a kernel without a device says", async () => {
    await expect(
      attachTc(scene.object.program("pass"), at({ ifindex: interfaceIndex(99) })),
    ).rejects.toMatchObject({
      code: "no-device",
    });
  });
});
