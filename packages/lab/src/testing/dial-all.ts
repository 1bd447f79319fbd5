import { once } from "node:events";
import { request } from "node:http";
import { type IpAddress, ipFamily, type IpFamily } from "@heddle/contracts";
import { defaultPort, type LabProbe } from "../index.ts";

/** What came of one end dialling another. */
export interface Dialled {
  readonly from: string;
  readonly to: string;
  /** The address that the other end saw, without the port; or why there is none. */
  readonly client: string;
}

/** Lets every end dial every other in a family. */
export async function dialAll(
  probes: readonly LabProbe[],
  family: IpFamily,
  protocol: "tcp" | "udp",
): Promise<readonly Dialled[]> {
  const results: Dialled[] = [];
  for (const from of probes) {
    for (const to of probes) {
      const address = addressOf(to, family);
      if (from === to || address === undefined) continue;
      const client = await dialOnce(from.control, address, protocol);
      results.push({ from: from.name, to: to.name, client });
    }
  }
  return results;
}

export function addressOf({ addresses }: LabProbe, family: IpFamily): IpAddress | undefined {
  return addresses.find((address) => ipFamily(address) === family);
}

/** The address by which `to` sees `from`: outside of the cluster a pod has its node's, if that has one of the family. */
export function seenAddress(
  from: LabProbe,
  to: LabProbe,
  family: IpFamily,
  probes: readonly LabProbe[],
): IpAddress | undefined {
  const isPod = from.name.includes("/");
  const node = probes.find(({ name }) => name === from.node);
  const leavesWith = isPod && to.node === undefined ? node && addressOf(node, family) : undefined;
  return leavesWith ?? addressOf(from, family);
}

/** The address that the other end saw, or why it was not reached. */
export async function dialOnce(
  control: string,
  host: IpAddress,
  protocol: "tcp" | "udp",
  port: number = defaultPort,
): Promise<string> {
  const query = `host=${encodeURIComponent(host)}&port=${String(port)}&protocol=${protocol}`;
  const { reached, client, error } = await askProbe(control, `/dial?${query}&timeout=2000`);
  return reached === true ? String(client).replace(/^\[?([^\]]*?)\]?:\d+$/, "$1") : String(error);
}

/** Asks a probe by its control socket, and gives its answer. */
export async function askProbe(control: string, path: string): Promise<Record<string, unknown>> {
  const asked = request({ socketPath: control, path }).end();
  const [response] = await once(asked, "response");
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return Object(JSON.parse(text));
}
