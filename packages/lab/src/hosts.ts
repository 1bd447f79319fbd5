import { chmodSync } from "node:fs";
import { join } from "node:path";
import { formatManifest } from "@heddle/kube-source";
import { defaultPort, probeServer, untilListening } from "./containers.ts";
import type { LabContext } from "./lab-context.ts";
import { writeWhole } from "./lab-folder.ts";
import { type HostPlan, netnsPath, type NodePlan } from "./plan.ts";
import { spawnDetached } from "./processes.ts";

/** Tells the agents of a node, as its kubelet and a controller would. */
export function writeNode({ folder }: LabContext, node: NodePlan): void {
  const manifest = formatManifest("Node", {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: node.name },
    spec: { podCIDRs: [...node.podPrefixes] },
    status: {
      addresses: [
        ...node.addresses.map((address) => ({ type: "InternalIP", address })),
        { type: "Hostname", address: node.name },
      ],
    },
  });
  writeWhole(join(folder.objects, `node-${node.name}.yaml`), manifest);
}

/** Starts the built-in server of a host, so that there is somebody to talk to. */
export async function startHostProbe({ folder }: LabContext, host: HostPlan): Promise<void> {
  const port = String(defaultPort);
  const control = hostControl(folder.root, host.name);
  const { ref } = await spawnDetached({
    command: [...probeServer(), "--tcp", port, "--udp", port, "--control", control],
    netns: netnsPath(host.netns),
    hostname: host.name,
    log: join(folder.root, `${host.name}.log`),
  });
  await untilListening(control, ref);
}

/** The control socket of a host's built-in server. */
export function hostControl(root: string, host: string): string {
  return join(root, `${host}.sock`);
}

/** Makes the command `heddle` for what runs in the lab. */
export function writeCommand({ folder, heddle }: LabContext): void {
  const file = join(folder.bin, "heddle");
  writeWhole(file, `#!/bin/sh\nexec ${heddle.map(quote).join(" ")} "$@"\n`);
  chmodSync(file, 0o755);
}

function quote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
