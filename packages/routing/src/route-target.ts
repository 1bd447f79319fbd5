import type { IpPrefix } from "@heddle/contracts";
import type { Route, RouteProtocol, RouteSpec, Rtnetlink } from "@heddle/rtnetlink";
import { createCorrections, type DesiredSet, type ReconcileTarget } from "@heddle/tables";

/** What is needed of the kernel's routes. */
export type RouteStore = Pick<Rtnetlink["routes"], "list" | "replace" | "delete">;

/** The routes of one protocol number in the main table, one per prefix: nobody else has that number. */
export class RouteTarget implements ReconcileTarget<IpPrefix, RouteSpec> {
  readonly #routes: RouteStore;
  readonly #protocol: RouteProtocol;
  readonly #written = new Map<IpPrefix, RouteSpec>();

  constructor(routes: RouteStore, protocol: RouteProtocol) {
    this.#routes = routes;
    this.#protocol = protocol;
  }

  async update(destination: IpPrefix, spec: RouteSpec): Promise<void> {
    await this.#routes.replace(spec);
    this.#written.set(destination, spec);
  }

  async delete(destination: IpPrefix): Promise<void> {
    const spec = this.#written.get(destination);
    if (spec !== undefined) await this.#routes.delete(spec);
    this.#written.delete(destination);
  }

  async prune(desired: DesiredSet<IpPrefix, RouteSpec>): Promise<void> {
    const held = await this.#routes.list({ table: "main", protocol: this.#protocol });
    const corrections = createCorrections("routes");
    const undesired = held.filter(({ destination }) => !desired.has(destination));
    await corrections.each(undesired, (route) => this.#routes.delete(route));
    const byDestination = Map.groupBy(held, ({ destination }) => destination);
    const missing = desired.entries().filter(([destination, spec]) => {
      const routes = byDestination.get(destination) ?? [];
      return !routes.some((route) => isWritten(route, spec));
    });
    await corrections.each(missing, ([destination, spec]) => this.update(destination, spec));
    corrections.end();
  }
}

/** Whether a route to the same destination goes the way that is wanted. */
function isWritten(route: Route, spec: RouteSpec): boolean {
  const [wanted] = spec.nextHops ?? [];
  const [held] = route.nextHops;
  const isSameWay =
    wanted === undefined || (held?.gateway === wanted.gateway && held?.device === wanted.device);
  return route.type === (spec.type ?? "unicast") && isSameWay;
}
