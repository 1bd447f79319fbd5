import { masqueradeMark, podNetwork, type ServicePort, shortName } from "./services.ts";

/**
 * Input of iptables-restore: the chains and rules that kube-proxy makes in its mode `iptables` for these services.
 * A packet of a new connection goes through KUBE-SERVICES from its beginning until one matches.
 */
export function iptablesRules(services: readonly ServicePort[]): string {
  const nat = services.map(serviceRules);
  return lines(
    "*filter",
    ...filterChains.map(chain),
    ...filterRules,
    "COMMIT",
    "*nat",
    ...natChains.map(chain),
    ...nat.flatMap(({ chains }) => chains.map(chain)),
    ...natHooks,
    ...nat.map(({ entry }) => entry),
    nodePorts,
    ...nat.flatMap(({ rules }) => rules),
    "COMMIT",
  );
}

const filterChains = [
  "KUBE-NODEPORTS",
  "KUBE-SERVICES",
  "KUBE-EXTERNAL-SERVICES",
  "KUBE-FORWARD",
  "KUBE-PROXY-FIREWALL",
];

const filterRules = [
  `-A INPUT -m conntrack --ctstate NEW ${comment("load balancer firewall")} -j KUBE-PROXY-FIREWALL`,
  `-A INPUT ${comment("health check service ports")} -j KUBE-NODEPORTS`,
  `-A FORWARD -m conntrack --ctstate NEW ${comment("load balancer firewall")} -j KUBE-PROXY-FIREWALL`,
  `-A FORWARD ${comment("forwarding rules")} -j KUBE-FORWARD`,
  `-A FORWARD -m conntrack --ctstate NEW ${comment("service portals")} -j KUBE-SERVICES`,
  `-A FORWARD -m conntrack --ctstate NEW ${comment("external service portals")} -j KUBE-EXTERNAL-SERVICES`,
  "-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP",
  `-A KUBE-FORWARD ${comment("forwarding rules")} -m mark --mark ${masqueradeMark}/${masqueradeMark} -j ACCEPT`,
  `-A KUBE-FORWARD ${comment("forwarding conntrack rule")} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
];

const natChains = ["KUBE-NODEPORTS", "KUBE-SERVICES", "KUBE-POSTROUTING", "KUBE-MARK-MASQ"];

const natHooks = [
  `-A PREROUTING ${comment("service portals")} -j KUBE-SERVICES`,
  `-A OUTPUT ${comment("service portals")} -j KUBE-SERVICES`,
  `-A POSTROUTING ${comment("postrouting rules")} -j KUBE-POSTROUTING`,
  `-A KUBE-POSTROUTING -m mark ! --mark ${masqueradeMark}/${masqueradeMark} -j RETURN`,
  `-A KUBE-POSTROUTING -j MARK --xor-mark ${masqueradeMark}`,
  `-A KUBE-POSTROUTING ${comment("service traffic requiring SNAT")} -j MASQUERADE --random-fully`,
  `-A KUBE-MARK-MASQ -j MARK --or-mark ${masqueradeMark}`,
];

/** The last rule of its chain. */
const nodePorts = `-A KUBE-SERVICES ${comment("node ports")} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`;

/** The rule that leads to a service, and the service's own chains with their rules. */
function serviceRules(service: ServicePort) {
  const { name, protocol, address, port, endpoints, targetPort } = service;
  const own = `KUBE-SVC-${shortName(name)}`;
  const match = `-p ${protocol} -m ${protocol} -d ${address}/32 --dport ${String(port)}`;
  const chains = endpoints.map((endpoint) => `KUBE-SEP-${shortName(name + endpoint)}`);
  const rules = endpoints.flatMap((endpoint, index) => {
    const next = chains[index] ?? "";
    const to = `${endpoint}:${String(targetPort)}`;
    return [
      `-A ${own} ${comment(`${name} -> ${to}`)} ${choice(endpoints.length - index)}-j ${next}`,
      `-A ${next} ${comment(name)} -s ${endpoint}/32 -j KUBE-MARK-MASQ`,
      `-A ${next} ${comment(name)} -p ${protocol} -m ${protocol} -j DNAT --to-destination ${to}`,
    ];
  });
  return {
    chains: [own, ...chains],
    entry: `-A KUBE-SERVICES ${comment(`${name} cluster IP`)} ${match} -j ${own}`,
    rules: [
      `-A ${own} ${comment(`${name} cluster IP`)} ${match} ! -s ${podNetwork} -j KUBE-MARK-MASQ`,
      ...rules,
    ],
  };
}

/** One of those that remain, each as likely as the others; the last needs no dice. */
function choice(remaining: number): string {
  if (remaining === 1) return "";
  return `-m statistic --mode random --probability ${(1 / remaining).toFixed(10)} `;
}

function comment(text: string): string {
  return `-m comment --comment "${text}"`;
}

function chain(name: string): string {
  return `:${name} - [0:0]`;
}

function lines(...all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}
