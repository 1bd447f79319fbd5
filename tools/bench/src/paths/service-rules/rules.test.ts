import { describe, expect, it } from "vitest";
import { iptablesRules } from "./iptables.ts";
import { nftablesRules } from "./nftables.ts";
import { amongOthers, fillerServices, type ServicePort } from "./services.ts";

const service: ServicePort = {
  name: "bench/server:udp",
  address: "10.111.0.1",
  protocol: "udp",
  port: 7001,
  endpoints: ["10.128.2.2", "10.128.2.3", "10.128.2.4"],
  targetPort: 7002,
};

function linesWith(text: string, part: string): readonly string[] {
  return text.split("\n").filter((line) => line.includes(part));
}

describe("services", () => {
  it("have addresses of their own, however many there are", () => {
    const services = fillerServices(70_000);
    expect(new Set(services.map(({ address }) => address)).size).toBe(70_000);
    expect(new Set(services.flatMap(({ endpoints }) => endpoints)).size).toBe(140_000);
  });

  it.each([1, 2, 1000])("of %d, the one of interest is in the middle", (count) => {
    const services = amongOthers(count, [service]);
    expect(services).toHaveLength(count);
    expect(services.indexOf(service)).toBe(Math.floor((count - 1) / 2));
  });
});

describe("rules of iptables", () => {
  const rules = iptablesRules(amongOthers(100, [service]));

  it("lead to each service from one list, and to node ports at its end", () => {
    const entries = linesWith(rules, "-A KUBE-SERVICES ");
    expect(entries).toHaveLength(101);
    expect(entries.at(-1)).toMatch(/--dst-type LOCAL -j KUBE-NODEPORTS$/);
    expect(
      linesWith(rules, "-p udp -m udp -d 10.111.0.1/32 --dport 7001 -j KUBE-SVC-"),
    ).toHaveLength(1);
  });

  it("choose each endpoint as often as the others", () => {
    const [chain] = /KUBE-SVC-\w+/.exec(linesWith(rules, "-d 10.111.0.1/32")[0] ?? "") ?? [];
    const choices = linesWith(rules, `-A ${String(chain)} `).filter((line) =>
      line.includes(" -> "),
    );
    const chances = choices.map((line) => Number(/--probability (\S+)/.exec(line)?.[1] ?? 1));
    let left = 1;
    for (const chance of chances) {
      expect(left * chance).toBeCloseTo(1 / 3, 6);
      left -= left * chance;
    }
    expect(linesWith(rules, "-p udp -m udp -j DNAT --to-destination")).toHaveLength(3);
  });

  it("name no chain that is not made", () => {
    const made = new Set(Array.from(rules.matchAll(/^:(\S+)/gm), ([, name]) => name));
    const named = Array.from(rules.matchAll(/-j (KUBE-\S+)/g), ([, name]) => name);
    expect(named.filter((name) => !made.has(name))).toEqual([]);
  });
});

describe("rules of nftables", () => {
  const rules = nftablesRules(amongOthers(100, [service]));

  it("have one element per service in one map", () => {
    const [elements = ""] = linesWith(rules, "add element ip kube-proxy service-ips");
    expect(elements.match(/ : goto service-/g)).toHaveLength(100);
    expect(elements).toContain("10.111.0.1 . udp . 7001 : goto service-");
    expect(linesWith(rules, "meta l4proto udp dnat to 10.128.2.")).toHaveLength(3);
  });

  it("name no chain that is not made", () => {
    const made = new Set(
      Array.from(rules.matchAll(/^add chain ip kube-proxy (\S+)/gm), ([, name]) => name),
    );
    const named = Array.from(rules.matchAll(/(?:goto|jump) ([\w-]+)/g), ([, name]) => name);
    expect(named.filter((name) => !made.has(name))).toEqual([]);
  });
});
