import { parseIp } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { formatAlias, parseAlias } from "./alias.ts";

const alias = {
  netns: 4_026_532_301,
  addresses: [parseIp("10.244.1.5"), parseIp("fd00:10:244:1::5")],
  pod: "default/web-0",
};

describe("the alias of a device", () => {
  it("is read back as it was written", () => {
    const text = formatAlias(alias);
    expect(text).toBe("heddle/1 4026532301 10.244.1.5,fd00:10:244:1::5 default/web-0");
    expect(parseAlias(text)).toEqual(alias);
  });

  it("fits the kernel, at the cost of the name's end", () => {
    const pod = `default/${"x".repeat(253)}`;
    const text = formatAlias({ ...alias, pod });
    expect(text).toHaveLength(255);
    expect(parseAlias(text)).toMatchObject({ netns: alias.netns, addresses: alias.addresses });
    expect(pod.startsWith(parseAlias(text)?.pod ?? "-")).toBe(true);
  });

  it.each([
    undefined,
    "",
    "somebody's uplink",
    "heddle/2 1 10.0.0.1 default/web",
    "heddle/1 x 10.0.0.1 default/web",
    "heddle/1 1 10.0.0.1,nonsense default/web",
    "heddle/1 1 10.0.0.1",
    "heddle/1 1 10.0.0.1 default/web more",
  ])("of others is not taken for one: %j", (text) => {
    expect(parseAlias(text)).toBeUndefined();
  });
});
