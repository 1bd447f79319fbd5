import type { InterfaceIndex } from "@heddle/contracts";
import type { TestNetns } from "@heddle/testing";
import { attachTcx, openObject, u32 } from "libbpf-napi";
import { compileProgram } from "../../compile.ts";
import type { PathContestant } from "../path.ts";
import { addNetns, wire } from "../wire.ts";

/**
 * A program that redirects to a device known beforehand: what any datapath of this kind costs at least. The host
 * forwards nothing itself, so that no packet gets through without the program.
 */
export const redirectPeer: PathContestant = {
  name: "redirect-peer",
  async open(stack) {
    const client = await addNetns(stack, "client");
    const server = await addNetns(stack, "server");
    const host = await addNetns(stack, "host");
    const near = await wire(
      { netns: client, device: "eth0", addresses: ["10.128.0.2/24"] },
      { netns: host, device: "client" },
    );
    const far = await wire(
      { netns: server, device: "eth0", addresses: ["10.128.0.3/24"] },
      { netns: host, device: "server" },
    );
    await redirect(stack, host, near.far, far.far);
    await redirect(stack, host, far.far, near.far);
    return { client: client.path, server: server.path, address: "10.128.0.3" };
  },
};

async function redirect(
  stack: AsyncDisposableStack,
  host: TestNetns,
  from: InterfaceIndex,
  to: InterfaceIndex,
): Promise<void> {
  await using file = await openObject(compileProgram("redirect-peer"));
  file.setVariable({ ...file.findVariable("target"), codec: u32 }, to);
  const object = stack.use(await file.load());
  const options = { ifindex: from, hook: "ingress", netns: host.path } as const;
  stack.use(await attachTcx(object.program("redirect_peer"), options));
}
