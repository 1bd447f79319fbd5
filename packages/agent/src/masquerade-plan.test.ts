import { resolveSourceNat } from "@heddle/conntrack";
import { interfaceIndex, parseIp, parsePrefix } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { type MasqueradeInputs, planMasquerade } from "./masquerade-plan.ts";

const [eth0, eth1] = [interfaceIndex(2), interfaceIndex(3)];
const ips = (...texts: string[]) => texts.map(parseIp);
const prefixes = (...texts: string[]) => texts.map(parsePrefix);

function held(
  device: typeof eth0,
  text: string,
  more: Partial<MasqueradeInputs["addresses"][0]> = {},
) {
  return { device, address: parseIp(text), scope: "global", flags: [], ...more } as const;
}

const inputs: MasqueradeInputs = {
  own: ips("192.0.2.1", "2001:db8::1"),
  nodes: [
    {
      addresses: ips("192.0.2.1", "2001:db8::1"),
      podPrefixes: prefixes("10.244.1.0/24", "fd00:1::/64"),
    },
    { addresses: ips("192.0.2.2"), podPrefixes: prefixes("10.244.2.0/24") },
  ],
  devices: [eth1, eth0],
  addresses: [
    held(eth0, "192.0.2.100"),
    held(eth0, "192.0.2.1"),
    held(eth0, "2001:db8::1"),
    held(eth1, "198.51.100.5"),
    held(eth1, "2001:db8:1::5", { flags: ["tentative"] }),
    held(eth1, "fe80::1", { scope: "link" }),
  ],
  podPrefixes: prefixes("10.244.1.0/24", "fd00:1::/64"),
};

describe("what pods leave the cluster with", () => {
  it("is the address that the node has on the device's network, or else its own", () => {
    const { sourceNat, health } = planMasquerade(inputs, []);
    expect(sourceNat).toMatchObject({
      addresses: ips("192.0.2.1", "2001:db8::1"),
      devices: [
        { ifindex: eth0, addresses: ips("192.0.2.1", "2001:db8::1") },
        { ifindex: eth1, addresses: ips("198.51.100.5", "2001:db8::1") },
      ],
      sources: prefixes("10.244.1.0/24", "fd00:1::/64"),
      sockets: true,
    });
    expect(health).toEqual({
      level: "ok",
      message: "pods leave the cluster with 192.0.2.1, 2001:db8::1, 198.51.100.5",
    });
  });

  it("is their own for the pods and nodes of the cluster, and what is excluded", () => {
    const { sourceNat } = planMasquerade(inputs, prefixes("203.0.113.0/24", "10.244.2.0/24"));
    expect(sourceNat?.exclude?.toSorted()).toEqual(
      prefixes(
        "10.244.1.0/24",
        "10.244.2.0/24",
        "192.0.2.1/32",
        "192.0.2.2/32",
        "2001:db8::1/128",
        "203.0.113.0/24",
        "fd00:1::/64",
      ),
    );
  });

  it("is their own in a family of which the node has no address, which is told", () => {
    const addresses = inputs.addresses.filter(({ address }) => !address.includes(":"));
    const { sourceNat, health } = planMasquerade({ ...inputs, addresses }, []);
    expect(sourceNat).toMatchObject({
      addresses: ips("192.0.2.1"),
      sources: prefixes("10.244.1.0/24"),
    });
    expect(health.message).toBe(
      "pods leave the cluster with 192.0.2.1, 198.51.100.5; the node has no IPv6 address for that",
    );
  });

  it("is their own in a family that is excluded as a whole, which is told", () => {
    const { sourceNat, health } = planMasquerade(inputs, prefixes("0.0.0.0/0"));
    expect(sourceNat?.sources).toEqual(prefixes("fd00:1::/64"));
    expect(sourceNat?.exclude).not.toContain("0.0.0.0/0");
    if (sourceNat === undefined) throw new Error("there is no plan");
    expect(() => resolveSourceNat(sourceNat)).not.toThrow();
    expect(health.message).toBe("pods leave the cluster with 2001:db8::1; all of IPv4 is excluded");
  });

  it("is their own while no device leads to the network", () => {
    const { sourceNat, health } = planMasquerade({ ...inputs, devices: [] }, []);
    expect(sourceNat).toMatchObject({ devices: [], sources: [] });
    expect(health.message).toContain("with their own addresses");
  });

  it("does not depend on the order in which anything became known", () => {
    const reversed = {
      ...inputs,
      nodes: inputs.nodes.toReversed(),
      devices: inputs.devices.toReversed(),
      addresses: inputs.addresses.toReversed(),
    };
    expect(planMasquerade(reversed, [])).toEqual(planMasquerade(inputs, []));
  });
});
