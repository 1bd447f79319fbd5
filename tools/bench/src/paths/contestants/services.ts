import { execFile } from "node:child_process";
import { sysctl } from "@heddle/rtnetlink";
import type { TestNetns } from "@heddle/testing";
import { port } from "../load.ts";
import type { PathContestant } from "../path.ts";
import { iptablesRules } from "../service-rules/iptables.ts";
import { nftablesRules } from "../service-rules/nftables.ts";
import { amongOthers, type ServicePort } from "../service-rules/services.ts";
import { openRoutedPath } from "./routing.ts";

/** What translates a service's address into one of its pods'. */
interface ServiceRules {
  readonly name: string;
  /** What loads them from its standard input. */
  readonly loader: readonly [program: string, ...args: readonly string[]];
  readonly rules: (services: readonly ServicePort[]) => string;
}

const kinds: readonly ServiceRules[] = [
  { name: "nftables", loader: ["nft", "-f", "-"], rules: nftablesRules },
  { name: "iptables", loader: ["iptables-legacy-restore", "--wait=60"], rules: iptablesRules },
  { name: "iptables-nft", loader: ["iptables-nft-restore", "--wait=60"], rules: iptablesRules },
];

const address = "10.111.0.1";

/** All are addresses of the server's pod, as ten pods behind a service look to its rules. */
const endpoints = Array.from({ length: 10 }, (_, index) => `10.128.2.${String(index + 2)}`);

/** The service that is called. */
const called: readonly ServicePort[] = (["tcp", "udp"] as const).map((protocol) => ({
  name: `bench/server:${protocol}`,
  address,
  protocol,
  port: Number(port),
  endpoints,
  targetPort: Number(port),
}));

/** Two pods whose host routes between them, and has the rules of so many services. */
function createServices({ name, loader, rules }: ServiceRules, count: number): PathContestant {
  return {
    name: `${name}-${String(count)}`,
    async open(stack) {
      const { path, host } = await openRoutedPath(stack, endpoints);
      await load(host, loader, rules(amongOthers(count, called)));
      // Connections are many and short: their entries would fill the table.
      const settings = sysctl(host.handle);
      await settings.set("net/netfilter/nf_conntrack_tcp_timeout_time_wait", 10);
      return { ...path, address, endpoints, lost: () => lostPackets(host) };
    },
  };
}

async function load(
  host: TestNetns,
  [program, ...args]: ServiceRules["loader"],
  rules: string,
): Promise<void> {
  const command = [`--net=${host.path}`, "--", program, ...args];
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const child = execFile("nsenter", command, (error, _stdout, stderr) => {
    if (error === null) resolve(undefined);
    else reject(new Error(`${program}: ${stderr.trim().split("\n")[0] ?? error.message}`));
  });
  // A loader that ended early is told by its exit code.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(rules);
  await promise;
}

/** What the tracking of connections had no room for, or could not enter. */
async function lostPackets(host: TestNetns): Promise<number> {
  const text = await host.run("cat", "/proc/net/stat/nf_conntrack");
  return sumColumns(text, ["insert_failed", "drop", "early_drop"]);
}

/** The sum of some columns of a table with a row per processor and hexadecimal numbers. */
function sumColumns(text: string, names: readonly string[]): number {
  const [header = [], ...rows] = text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  const columns = names.map((name) => header.indexOf(name)).filter((column) => column >= 0);
  return rows
    .flatMap((row) => columns.map((column) => Number.parseInt(row[column] ?? "0", 16)))
    .reduce((sum, count) => sum + count, 0);
}

export const services: readonly PathContestant[] = kinds.flatMap((kind) =>
  [1, 1000, 10_000].map((count) => createServices(kind, count)),
);
