import type { IpPrefix } from "@heddle/contracts";
import type { Route, RouteProtocol, RouteSpec, Rtnetlink } from "@heddle/rtnetlink";
import type { DesiredSet, ReconcileTarget } from "@heddle/tables";

/** The routes of one protocol number in the main table, one per prefix: nobody else has that number. */
export class RouteTarget implements ReconcileTarget<IpPrefix, RouteSpec> {
  readonly #node: Rtnetlink;
  readonly #protocol: RouteProtocol;
  readonly #written = new Map<IpPrefix, RouteSpec>();

  constructor(node: Rtnetlink, protocol: RouteProtocol) {
    this.#node = node;
    this.#protocol = protocol;
  }

  async update(destination: IpPrefix, spec: RouteSpec): Promise<void> {
    await this.#node.routes.replace(spec);
    this.#written.set(destination, spec);
  }

  async delete(destination: IpPrefix): Promise<void> {
    const spec = this.#written.get(destination);
    if (spec !== undefined) await this.#node.routes.delete(spec);
    this.#written.delete(destination);
  }

  async prune(desired: DesiredSet<IpPrefix, RouteSpec>): Promise<void> {
    const held = await this.#node.routes.list({ table: "main", protocol: this.#protocol });
    for (const route of held) {
      if (!desired.has(route.destination)) await this.#node.routes.delete(route);
    }
    for (const [destination, spec] of desired.entries()) {
      if (!held.some((route) => isWritten(route, spec))) await this.update(destination, spec);
    }
  }
}

function isWritten(route: Route, spec: RouteSpec): boolean {
  const [wanted] = spec.nextHops ?? [];
  const [held] = route.nextHops;
  const isSameWay =
    wanted === undefined || (held?.gateway === wanted.gateway && held?.device === wanted.device);
  return (
    route.destination === spec.destination && route.type === (spec.type ?? "unicast") && isSameWay
  );
}
