import { masqueradeMark, podNetwork, type ServicePort, shortName } from "./services.ts";

const table = "ip kube-proxy";

/**
 * Input of `nft -f`: the table that kube-proxy makes in its mode `nftables` for these services. A packet of a new
 * connection looks its service up in a map.
 */
export function nftablesRules(services: readonly ServicePort[]): string {
  const addresses = [...new Set(services.map(({ address }) => address))];
  // In one command each: nft takes a time that grows with the square of the number of commands about a set.
  const elements = services.map(
    ({ name, address, protocol, port }) =>
      `${address} . ${protocol} . ${String(port)} : goto ${chainOf(name)}`,
  );
  const commands = [
    ...base,
    ...services.flatMap(serviceCommands),
    `add element ${table} cluster-ips { ${addresses.join(", ")} }`,
    `add element ${table} service-ips { ${elements.join(", ")} }`,
  ];
  return commands.map((command) => `${command}\n`).join("");
}

const base: readonly string[] = [
  `add table ${table}`,
  ...[
    "set %T cluster-ips { type ipv4_addr ; }",
    "set %T nodeport-ips { type ipv4_addr ; }",
    "map %T no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict ; }",
    "map %T no-endpoint-nodeports { type inet_proto . inet_service : verdict ; }",
    "map %T firewall-ips { type ipv4_addr . inet_proto . inet_service : verdict ; }",
    "map %T service-ips { type ipv4_addr . inet_proto . inet_service : verdict ; }",
    "map %T service-nodeports { type inet_proto . inet_service : verdict ; }",
    "chain %T firewall-check",
    "chain %T service-endpoints-check",
    "chain %T nodeport-endpoints-check",
    "chain %T cluster-ips-check",
    "chain %T services",
    "chain %T masquerading",
    "chain %T mark-for-masquerade",
    "chain %T filter-prerouting-pre-dnat { type filter hook prerouting priority -110 ; }",
    "chain %T filter-output-pre-dnat { type filter hook output priority -110 ; }",
    "chain %T filter-input { type filter hook input priority 0 ; }",
    "chain %T filter-forward { type filter hook forward priority 0 ; }",
    "chain %T filter-output { type filter hook output priority 0 ; }",
    "chain %T nat-prerouting { type nat hook prerouting priority -100 ; }",
    "chain %T nat-output { type nat hook output priority -100 ; }",
    "chain %T nat-postrouting { type nat hook postrouting priority 100 ; }",
    "rule %T firewall-check ip daddr . meta l4proto . th dport vmap @firewall-ips",
    "rule %T service-endpoints-check ip daddr . meta l4proto . th dport vmap @no-endpoint-services",
    "rule %T nodeport-endpoints-check ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports",
    "rule %T cluster-ips-check ip daddr @cluster-ips reject",
    "rule %T filter-prerouting-pre-dnat ct state new jump firewall-check",
    "rule %T filter-output-pre-dnat ct state new jump firewall-check",
    "rule %T filter-input ct state new jump nodeport-endpoints-check",
    "rule %T filter-input ct state new jump service-endpoints-check",
    "rule %T filter-forward ct state new jump service-endpoints-check",
    "rule %T filter-forward ct state new jump cluster-ips-check",
    "rule %T filter-output ct state new jump service-endpoints-check",
    "rule %T filter-output ct state new jump cluster-ips-check",
    "rule %T nat-prerouting jump services",
    "rule %T nat-output jump services",
    "rule %T nat-postrouting jump masquerading",
    "rule %T services ip daddr . meta l4proto . th dport vmap @service-ips",
    "rule %T services ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports",
    `rule %T mark-for-masquerade mark set mark or ${masqueradeMark}`,
    `rule %T masquerading mark and ${masqueradeMark} == 0 return`,
    `rule %T masquerading mark set mark xor ${masqueradeMark}`,
    "rule %T masquerading masquerade fully-random",
  ].map((command) => `add ${command.replace("%T", table)}`),
];

/** A service's chain, and a chain for each of its endpoints. */
function serviceCommands(service: ServicePort): readonly string[] {
  const { name, address, protocol, port, endpoints, targetPort } = service;
  const own = chainOf(name);
  const chains = endpoints.map((endpoint) => `endpoint-${shortName(name + endpoint)}`);
  const choices = chains.map((chain, index) => `${String(index)} : goto ${chain}`).join(" , ");
  const match = `ip daddr ${address} ${protocol} dport ${String(port)}`;
  return [
    ...[own, ...chains].map((chain) => `add chain ${table} ${chain}`),
    `add rule ${table} ${own} ${match} ip saddr != ${podNetwork} jump mark-for-masquerade`,
    `add rule ${table} ${own} numgen random mod ${String(chains.length)} vmap { ${choices} }`,
    ...endpoints.flatMap((endpoint, index) => {
      const chain = `${table} ${chains[index] ?? ""}`;
      return [
        `add rule ${chain} ip saddr ${endpoint} jump mark-for-masquerade`,
        `add rule ${chain} meta l4proto ${protocol} dnat to ${endpoint}:${String(targetPort)}`,
      ];
    }),
  ];
}

function chainOf(service: string): string {
  return `service-${shortName(service)}`;
}
