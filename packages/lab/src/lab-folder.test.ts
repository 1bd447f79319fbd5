import { describe, expect, it } from "vitest";
import { labDown, LabError, openLab } from "./index.ts";
import { labFolder } from "./lab-folder.ts";

describe("the folder of a lab", () => {
  it("lies beside those of other labs", () => {
    const { root, pins } = labFolder("a-1");
    expect([root, pins]).toEqual(["/run/heddle-lab/a-1", "/sys/fs/bpf/heddle-lab/a-1"]);
  });

  it.each(["", ".", "..", "../../tmp/x", "a/b", "a.b", "-a", "A", "a".repeat(25), "a\n"])(
    "is not found by the name %j, whatever is to be done",
    async (name) => {
      const refusal: unknown = expect.objectContaining({ code: "bad-option" });
      expect(() => labFolder(name)).toThrow(LabError);
      expect(() => openLab(name, [])).toThrow(refusal);
      await expect(labDown(name)).rejects.toEqual(refusal);
    },
  );
});
