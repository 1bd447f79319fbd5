import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import {
  createNetns,
  createRtnetlink,
  deleteNetns,
  type NetnsHandle,
  type Rtnetlink,
} from "../src/index.ts";

/** Network namespaces and services of one test, which all go with it. */
export interface Sandbox extends AsyncDisposable {
  /** A new namespace in /run/netns, where `ip` finds it. */
  netns(): Promise<NetnsHandle>;
  /** A started service in the namespace. */
  rtnetlink(netns: NetnsHandle): Promise<Rtnetlink>;
  /** Ends something with the sandbox, before the namespaces go. */
  use<T extends AsyncDisposable>(resource: T): T;
}

export function createSandbox(): Sandbox {
  const handles: NetnsHandle[] = [];
  const resources: AsyncDisposable[] = [];
  const sandbox: Sandbox = {
    async netns() {
      const handle = await createNetns(freshPath());
      handles.push(handle);
      return handle;
    },
    async rtnetlink(netns) {
      const rtnetlink = sandbox.use(createRtnetlink({ netns }));
      await rtnetlink.start();
      return rtnetlink;
    },
    use(resource) {
      resources.push(resource);
      return resource;
    },
    async [Symbol.asyncDispose]() {
      for (const resource of resources.toReversed()) await resource[Symbol.asyncDispose]();
      for (const handle of handles) {
        handle[Symbol.dispose]();
        await deleteNetns(handle.path);
      }
    },
  };
  return sandbox;
}

/** A path at which there is no namespace. */
export function freshPath(): string {
  return `/run/netns/hdt-${randomBytes(4).toString("hex")}`;
}

/** Runs `ip` of iproute2 in the namespace: the other party of the tests. */
export function ip(netns: NetnsHandle, command: string): string {
  return execFileSync("ip", ["-n", basename(netns.path), ...command.split(" ")], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Runs several commands of `ip`, one a line, in one process. */
export function ipBatch(netns: NetnsHandle, commands: string): void {
  execFileSync("ip", ["-n", basename(netns.path), "-force", "-batch", "-"], {
    input: commands,
    stdio: ["pipe", "pipe", "pipe"],
  });
}

/** What `ip -j` tells; each object is one of its kind's. */
export function ipJson(netns: NetnsHandle, command: string): readonly IpObject[] {
  const found: unknown = JSON.parse(ip(netns, `-j -d ${command}`));
  return Array.isArray(found) ? found.filter(isObject) : [];
}

export type IpObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is IpObject {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}
