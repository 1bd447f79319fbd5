import { parsePrefix } from "@heddle/contracts";
import { expect, it } from "vitest";
import { createSandbox, ip, ipBatch, ipJson, type IpObject } from "../../test/sandbox.ts";
import { type Rule, ruleKey, type RuleSpec } from "./rule.ts";

/** The rule as `ip -d rule` shows it. */
function asIpShows(rule: Rule): IpObject {
  const [src, length] = rule.source?.split("/") ?? ["all"];
  return {
    priority: rule.priority,
    src,
    ...(length === undefined ? {} : { srclen: Number(length) }),
    ...(rule.table === undefined ? {} : { table: String(rule.table) }),
    ...(rule.inputDevice === undefined ? {} : { iif: rule.inputDevice }),
    ...(rule.outputDevice === undefined ? {} : { oif: rule.outputDevice }),
    ...(rule.mark === undefined
      ? {}
      : {
          fwmark: `0x${rule.mark.value.toString(16)}`,
          fwmask: `0x${rule.mark.mask.toString(16)}`,
        }),
    ...(rule.suppressPrefixLength === undefined
      ? {}
      : { suppress_prefixlen: rule.suppressPrefixLength }),
    ...(rule.invert ? { not: null } : {}),
    protocol: String(rule.protocol),
  };
}

it("rules are listed as ip lists them", async () => {
  await using sandbox = createSandbox();
  const netns = await sandbox.netns();
  ipBatch(
    netns,
    `rule add from 10.0.0.0/8 fwmark 0x1/0xf iif lo table 1000 priority 100 suppress_prefixlength 0
     rule add not oif lo table 7 priority 101 protocol 77`,
  );
  ip(netns, "-6 rule add from 2001:db8::/32 table 8 priority 102");
  const { rules } = await sandbox.rtnetlink(netns);
  for (const family of [4, 6] as const) {
    const listed = await rules.list({ family });
    const shown = ipJson(netns, `-${String(family)} rule`);
    expect(shown).toEqual(listed.map((rule) => expect.objectContaining(asIpShows(rule))));
  }
  expect(await rules.list()).toHaveLength(3 + 2 + 2 + 1);
});

it.each<[string, RuleSpec, IpObject]>([
  [
    "many conditions",
    {
      family: 4,
      priority: 100,
      table: 1000,
      source: parsePrefix("10.0.0.0/8"),
      destination: parsePrefix("192.0.2.0/24"),
      inputDevice: "lo",
      outputDevice: "lo",
      mark: { value: 1, mask: 15 },
      tos: 16,
      users: { first: 0, last: 10 },
      ipProtocol: 6,
      sourcePorts: { first: 1000, last: 2000 },
      destinationPorts: { first: 80, last: 80 },
      suppressPrefixLength: 8,
      suppressGroup: 3,
      invert: true,
      protocol: 77,
    },
    // ip takes the name from /etc/protocols, which a small system does not have.
    {
      srclen: 8,
      dstlen: 24,
      tos: "0x10",
      uid_end: 10,
      dport: 80,
      not: null,
      ipproto: expect.stringMatching(/^(?:tcp|ipproto-6)$/),
    },
  ],
  ["a jump", { family: 6, priority: 100, action: "goto", goto: 32_766 }, { goto: 32_766 }],
  ["a VRF's", { family: 6, priority: 100, l3mdev: true }, { l3mdev: null }],
  ["a refusal", { family: 4, priority: 100, action: "prohibit" }, { action: "prohibit" }],
])("a rule is made, found, kept and deleted: %s", async (_, spec, shown) => {
  await using sandbox = createSandbox();
  const netns = await sandbox.netns();
  const { rules } = await sandbox.rtnetlink(netns);
  await rules.add(spec);
  expect(ipJson(netns, `-${String(spec.family)} rule`)).toContainEqual(
    expect.objectContaining({ priority: 100, ...shown }),
  );
  const found = await rules.get(spec);
  expect(found).toMatchObject(spec);
  expect(found && ruleKey(found)).toBe(ruleKey(spec));
  await expect(rules.add(spec)).rejects.toMatchObject({ code: "exists" });
  await rules.replace(spec);
  expect(await rules.list({ family: spec.family })).toHaveLength(spec.family === 4 ? 4 : 3);
  expect(await rules.delete(spec)).toBe(true);
  expect(await rules.get(spec)).toBeUndefined();
  expect(await rules.delete(spec)).toBe(false);
});

it("a rule is refused in the kernel's words", async () => {
  await using sandbox = createSandbox();
  const netns = await sandbox.netns();
  const { rules } = await sandbox.rtnetlink(netns);
  const users = { first: 10, last: 0 };
  await expect(rules.add({ family: 4, priority: 100, table: 7, users })).rejects.toMatchObject({
    code: "invalid",
    operation: "add rule",
    subject: `100: uidrange 10-0 lookup 7 in namespace ${netns.path}`,
    reason: expect.stringContaining("Invalid uid range"),
  });
});
