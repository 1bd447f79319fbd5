import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import type { InterfaceIndex } from "@heddle/contracts";
import {
  createNetns,
  createRtnetlink,
  deleteNetns,
  type NetnsHandle,
  type Rtnetlink,
} from "@heddle/rtnetlink";

/** Every namespace that a test makes has a name that begins so. */
const prefix = "hdt-";

/** A network namespace of a test's own, with its loopback up. Disposing removes it and all devices in it. */
export interface TestNetns extends AsyncDisposable {
  readonly name: string;
  /** Where it is mounted. */
  readonly path: string;
  readonly handle: NetnsHandle;
  readonly rtnetlink: Rtnetlink;
  /** Runs a program in it and gives what it wrote to stdout; rejects when it fails. */
  run(program: string, ...args: readonly string[]): Promise<string>;
}

/** Makes a network namespace; `role` becomes part of its name. */
export async function createTestNetns(role: string): Promise<TestNetns> {
  const name = `${prefix}${role}-${randomBytes(4).toString("hex")}`;
  const path = join("/run/netns", name);
  const handle = await createNetns(path);
  const rtnetlink = createRtnetlink({ netns: handle });
  await rtnetlink.start();
  await rtnetlink.links.set("lo", { up: true });
  return {
    name,
    path,
    handle,
    rtnetlink,
    async run(program, ...args) {
      const { stdout } = await promisify(execFile)("nsenter", [
        `--net=${path}`,
        "--",
        program,
        ...args,
      ]);
      return stdout;
    },
    async [Symbol.asyncDispose]() {
      await rtnetlink.close();
      handle[Symbol.dispose]();
      await deleteNetns(path);
    },
  };
}

/** Two devices joined by a wire. */
export interface TestWire {
  readonly near: InterfaceIndex;
  readonly far: InterfaceIndex;
}

/** Joins two namespaces by a veth pair, both ends up. */
export async function joinNetns(
  near: { readonly netns: TestNetns; readonly device: string },
  far: { readonly netns: TestNetns; readonly device: string },
): Promise<TestWire> {
  const { index } = await near.netns.rtnetlink.links.add({
    name: near.device,
    kind: "veth",
    up: true,
    peer: { name: far.device, netns: far.netns.handle },
  });
  await far.netns.rtnetlink.links.set(far.device, { up: true });
  const peer = await far.netns.rtnetlink.links.get(far.device);
  if (peer === undefined) throw new Error(`${far.device} vanished from ${far.netns.name}`);
  return { near: index, far: peer.index };
}
