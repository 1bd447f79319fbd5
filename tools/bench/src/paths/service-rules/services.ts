import { createHash } from "node:crypto";

/** A port of a service, with the pods behind it. */
export interface ServicePort {
  /** `NAMESPACE/SERVICE:PORT`. */
  readonly name: string;
  readonly address: string;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  /** Addresses of pods; their port is {@link targetPort}. */
  readonly endpoints: readonly string[];
  readonly targetPort: number;
}

/** Where pods have their addresses: what comes from elsewhere is masqueraded. */
export const podNetwork = "10.128.0.0/9";

/** The mark of packets to be masqueraded. */
export const masqueradeMark = "0x4000";

/** As many as other benchmarks of kube-proxy have behind a service, about. */
const endpointsPerService = 2;

/** Services of no interest, each with an address, a port and two endpoints of its own. */
export function fillerServices(count: number): readonly ServicePort[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `ns${String(index % 50)}/svc${String(index)}:http`,
    address: nth(96, index),
    protocol: "tcp",
    port: 80,
    endpoints: Array.from({ length: endpointsPerService }, (_unused, endpoint) =>
      nth(129, index * endpointsPerService + endpoint),
    ),
    targetPort: 8080,
  }));
}

/** As many services as asked for, with the one of interest in their middle: there, a list is as long as on average. */
export function amongOthers(
  count: number,
  service: readonly ServicePort[],
): readonly ServicePort[] {
  const others = fillerServices(count - 1);
  const middle = Math.floor(others.length / 2);
  return [...others.slice(0, middle), ...service, ...others.slice(middle)];
}

/** The nth address from `10.FIRST.0.0` on. */
function nth(first: number, index: number): string {
  return `10.${String(first + (index >> 16))}.${String((index >> 8) & 255)}.${String(index & 255)}`;
}

/** Stands for a name in the names of chains, which are short. */
export function shortName(name: string): string {
  return createHash("sha256").update(name).digest("hex").slice(0, 16).toUpperCase();
}
