import { type ChangeStream, hostPrefix, type IpAddress, type IpPrefix } from "@heddle/contracts";
import { filterValues, flatten, join } from "@heddle/tables";

export interface Pod {
  readonly node: string;
  readonly addresses: readonly IpAddress[];
}

export interface Node {
  readonly address: IpAddress;
}

export interface PodRoute {
  readonly pod: string;
  readonly nextHop: IpAddress;
}

/** A route to each address of each pod that is on another node. */
export function podRoutes(
  pods$: ChangeStream<string, Pod>,
  nodes$: ChangeStream<string, Node>,
  self: string,
): ChangeStream<IpPrefix, PodRoute> {
  const others$ = filterValues(pods$, (pod) => pod.node !== self);
  const located$ = join(
    others$,
    nodes$,
    (pod) => pod.node,
    ({ addresses }, { address }, pod) =>
      addresses.map((each) => [hostPrefix(each), { pod, nextHop: address }] as const),
  );
  return flatten(located$);
}
