import type { V1Deployment } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { expandDeployment, formatManifest, formatProblem, parseManifests } from "./index.ts";

function read(name: string, replicas: string, image = "nginx"): V1Deployment {
  const { objects, problems } = parseManifests(
    `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop, labels: {own: label}}
spec:
  ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}, annotations: {note: x}}
    spec: {containers: [{name: web, image: ${image}}]}
`,
    { file: "a.yaml", accepted: ["Deployment"] },
  );
  const [deployment] = objects;
  if (deployment === undefined) throw new Error(problems.map(formatProblem).join("\n"));
  return deployment.object;
}

const names = (deployment: V1Deployment) =>
  expandDeployment(deployment).map(({ metadata }) => metadata?.name ?? "");

describe("a deployment's pods", () => {
  it("are made from the template, and belong to a replica set", () => {
    const [pod, ...rest] = expandDeployment(read("web", "replicas: 2"));
    expect(rest).toHaveLength(1);
    const hash = pod?.metadata?.labels?.["pod-template-hash"] ?? "";
    expect(hash).toMatch(/^[0-9a-f]{8}$/);
    expect(pod).toEqual({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: `web-${hash}-0`,
        namespace: "shop",
        labels: { app: "web", "pod-template-hash": hash },
        annotations: { note: "x" },
        ownerReferences: [
          {
            apiVersion: "apps/v1",
            kind: "ReplicaSet",
            name: `web-${hash}`,
            uid: expect.stringMatching(
              /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
            ),
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: { containers: [{ name: "web", image: "nginx" }] },
    });
  });

  it("are as many as it says, one by default", () => {
    expect(names(read("web", "replicas: 0"))).toEqual([]);
    expect(names(read("web", "paused: false"))).toHaveLength(1);
    expect(expandDeployment({ metadata: { name: "web" } })).toEqual([]);
  });

  it("keep their names when it grows, and lose them when the template changes", () => {
    const two = names(read("web", "replicas: 2"));
    expect(names(read("web", "replicas: 20")).slice(0, 2)).toEqual(two);
    expect(names(read("web", "replicas: 2", "httpd"))).not.toContain(two[0]);
  });

  it("do not depend on the order of the fields", () => {
    const { spec, ...rest } = read("web", "replicas: 1");
    if (spec === undefined) throw new Error("no spec");
    const { metadata, spec: podSpec } = spec.template;
    if (metadata === undefined || podSpec === undefined) throw new Error("no template");
    const turned = {
      ...rest,
      spec: { template: { spec: podSpec, metadata }, selector: spec.selector },
    };
    expect(names(turned)).toEqual(names(read("web", "replicas: 1")));
  });

  it.each([
    "a".repeat(253),
    `${"b".repeat(46)}.${"c".repeat(60)}`,
    `${"d".repeat(43)}.-e`.replace(".-", ".x-"),
  ])("are valid pods with names of at most 63 characters: %s", (name) => {
    const pods = expandDeployment(read(name, "replicas: 11"));
    const text = pods.map((pod) => formatManifest("Pod", pod)).join("");
    const { objects, problems } = parseManifests(text, { file: "a.yaml", accepted: ["Pod"] });
    expect(problems).toEqual([]);
    expect(objects.map(({ object }) => object)).toEqual(pods);
    expect(Math.max(...pods.map((pod) => pod.metadata?.name?.length ?? 99))).toBeLessThanOrEqual(
      63,
    );
  });
});
