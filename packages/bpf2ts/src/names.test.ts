import { describe, expect, it } from "vitest";
import { camelCase, enumeratorNames, isReserved, pascalCase } from "./names.ts";

describe("a C name", () => {
  it.each([
    ["gateway_mac", "gatewayMac", "GatewayMac"],
    ["mtu", "mtu", "Mtu"],
    ["FROM_POD", "fromPod", "FromPod"],
    ["_private_", "private", "Private"],
    ["ipv4__addr", "ipv4Addr", "Ipv4Addr"],
    ["rxBytes", "rxBytes", "RxBytes"],
  ])("%s becomes %s and %s", (name, camel, pascal) => {
    expect(camelCase(name)).toBe(camel);
    expect(pascalCase(name)).toBe(pascal);
  });
});

describe("the values of an enum", () => {
  it.each([
    ["its own name", "reason", ["REASON_TO_POD", "REASON_COUNT"], ["toPod", "count"]],
    ["its first words", "nexthop_kind", ["NEXTHOP_POD", "NEXTHOP_STACK"], ["pod", "stack"]],
    ["all its words", "event_class", ["EVENT_CLASS_A", "EVENT_CLASS_B"], ["a", "b"]],
    ["nothing when one value differs", "hook", ["HOOK_A", "NO_HOOK"], ["hookA", "noHook"]],
    ["nothing before a digit", "family", ["FAMILY_4", "FAMILY_6"], ["family4", "family6"]],
    ["nothing of part of a word", "flow", ["FLOWS_A", "FLOWS_B"], ["flowsA", "flowsB"]],
    ["a name that is alone", "epoch_slot", ["EPOCH_ROUTES"], ["routes"]],
  ])("lose %s", (_what, name, values, expected) => {
    expect(enumeratorNames(name, values)).toEqual(expected);
  });
});

it("knows explicit padding by its name", () => {
  expect(["reserved", "reserved2", "reserved_for", "unreserved"].map(isReserved)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
