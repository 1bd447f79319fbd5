import type { ChangeStream, Service } from "@heddle/contracts";
import type { EndpointStatus } from "@heddle/endpoint";
import type { Subscription } from "rxjs";
import { OwnerIndex } from "./owner-index.ts";

export interface DevicePodsDeps {
  /** This node's pods. */
  readonly endpoints$: ChangeStream<string, EndpointStatus>;
}

/** Says whose a device of the node is: `NAMESPACE/POD`. */
export interface DevicePods extends Service {
  podAt(ifindex: number): string | undefined;
}

export function createDevicePods({ endpoints$ }: DevicePodsDeps): DevicePods {
  const index = new OwnerIndex<number>();
  let subscription: Subscription | undefined;
  const close = async (): Promise<void> => subscription?.unsubscribe();
  return {
    podAt: (ifindex) => index.ownerOf(ifindex),
    async start() {
      subscription = index.follow(endpoints$, ({ ifindex }) =>
        ifindex === undefined ? [] : [ifindex],
      );
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
