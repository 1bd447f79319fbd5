import { describe, expect, it } from "vitest";
import { sysctl } from "./sysctl.ts";

describe("the name of a setting", () => {
  it.each([
    ["net.ipv4.ip_forward", "write net/ipv4/ip_forward"],
    ["kernel/hostname", "write net/ipv4/ip_forward"],
    ["net/../kernel/hostname", "write net/ipv4/ip_forward"],
    ["net//ipv4", "write net/ipv4/ip_forward"],
    ["net", "write net/ipv4/ip_forward"],
    ["", "write net/ipv4/ip_forward"],
  ])("is a path below net: %j", async (key, hint) => {
    const refusal = { code: "invalid", subject: JSON.stringify(key), hint };
    await expect(sysctl().get(key)).rejects.toMatchObject(refusal);
    await expect(sysctl().set(key, 1)).rejects.toMatchObject(refusal);
  });
});
