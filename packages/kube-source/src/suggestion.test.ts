import { describe, expect, it } from "vitest";
import { didYouMean, suggestion } from "./suggestion.ts";

describe("a suggestion", () => {
  const fields = ["image", "imagePullPolicy", "name", "nodeName", "ports", "containers"];

  it.each([
    ["imagee", "image"],
    ["iamge", "image"],
    ["Image", "image"],
    ["nodename", "nodeName"],
    ["node_name", "nodeName"],
    ["port", "ports"],
    ["container", "containers"],
    ["imagepullPolcy", "imagePullPolicy"],
    ["replicas", undefined],
    ["x", undefined],
    ["", undefined],
  ])("for %j is %s", (word, meant) => {
    expect(suggestion(word, fields)).toBe(meant);
  });

  it("is phrased as a question, or not at all", () => {
    expect(didYouMean("pod", ["Pod"])).toBe("did you mean `Pod`?");
    expect(didYouMean("ConfigMap", ["Pod"])).toBeUndefined();
  });
});
