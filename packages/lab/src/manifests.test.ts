import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readManifests } from "./manifests.ts";

const folder = mkdtempSync(join(tmpdir(), "heddle-manifests-"));
afterAll(() => rmSync(folder, { recursive: true }));

function pods(name: string): () => readonly string[] {
  const file = join(folder, "pod.yaml");
  const spec = "spec: { containers: [{ name: a, image: b }] }";
  writeFileSync(file, `{apiVersion: v1, kind: Pod, metadata: {name: ${name}}, ${spec}}`);
  return () => readManifests([file]).pods.map(({ key }) => key);
}

it("a pod's name is refused when it does not fit into a file's", () => {
  const longest = "x".repeat(219 - "default/".length);
  expect(pods(longest)()).toEqual([`default/${longest}`]);
  expect(pods(`${longest}x`)).toThrow(/has too long a name \(.* 219 characters at most here\)/);
});
