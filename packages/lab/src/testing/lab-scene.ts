import { execFile, type ExecFileException, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type IpAddress, ipFamily, type IpFamily } from "@heddle/contracts";
import { createPinFolder } from "@heddle/testing";
import {
  defaultPort,
  type Lab,
  type LabAttachment,
  type LabCommand,
  type LabRouting,
  labDown,
  LabError,
  labUp,
  openLab,
} from "../index.ts";
import { labFolder } from "../lab-folder.ts";

/** The command line of `heddle` in this repository. */
export const heddle: readonly string[] = [
  process.execPath,
  fileURLToPath(new URL("../../../cli/bin/heddle.js", import.meta.url)),
];

/** What a program wrote, and its exit code. */
export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Runs a program of a lab. Never rejects for its exit code. */
export async function run({ command, env }: LabCommand): Promise<Ran> {
  const [program = "", ...args] = command;
  const { promise, resolve } = Promise.withResolvers<Ran>();
  execFile(
    program,
    args,
    { env: { ...process.env, ...env } },
    (error: ExecFileException | null, stdout, stderr) => {
      const code = typeof error?.code === "number" ? error.code : 0;
      resolve({ stdout, stderr, code: error !== null && code === 0 ? 1 : code });
    },
  );
  return promise;
}

/** A lab of a test's own. Disposing takes it down, whatever became of it. */
export interface LabScene extends AsyncDisposable {
  readonly name: string;
  readonly lab: Lab;
  /** Writes a manifest and gives its path. */
  readonly manifest: (text: string) => string;
  /** A pod's address of a family. */
  readonly address: (pod: string, family: IpFamily) => IpAddress;
}

export interface LabSceneOptions {
  readonly nodes?: number;
  readonly families?: readonly IpFamily[];
  readonly attachment?: LabAttachment;
  readonly routing?: LabRouting | readonly LabRouting[];
  /** A manifest. */
  readonly pods: string;
}

/** Seconds to wait for agents and pods: as long as the test may take, with some time left to tell what is missing. */
const timeout = Math.max(1, Number(process.env["HEDDLE_TEST_TIMEOUT"] ?? 30_000) / 1000 - 2);

/** Brings up a lab with a random name. */
export async function createLabScene(options: LabSceneOptions): Promise<LabScene> {
  // Mounts the BPF file system where it is not.
  createPinFolder()[Symbol.dispose]();
  const { nodes = 2, families = [4, 6], attachment = "auto", routing = "direct", pods } = options;
  const name = `t${randomBytes(4).toString("hex")}`;
  const files = mkdtempSync(join(tmpdir(), "heddle-lab-"));
  let count = 0;
  const manifest = (text: string): string => {
    const path = join(files, `${String(count++)}.yaml`);
    writeFileSync(path, text);
    return path;
  };
  const dispose = async (): Promise<void> => {
    rmSync(files, { recursive: true, force: true });
    try {
      await labDown(name);
    } catch (error) {
      if (!(error instanceof LabError) || error.code !== "no-such-lab") throw error;
    }
  };
  try {
    const manifests = [manifest(pods)];
    await labUp({ name, nodes, families, attachment, routing, timeout, manifests, heddle });
  } catch (error) {
    await dispose();
    throw error;
  }
  const lab = openLab(name, heddle);
  return {
    name,
    lab,
    manifest,
    address(pod, family) {
      const found = lab
        .pods()
        .find(({ namespace, name: podName }) => `${namespace}/${podName}` === pod)
        ?.addresses.find((address) => ipFamily(address) === family);
      if (found === undefined) throw new Error(`${pod} has no IPv${String(family)} address`);
      return found;
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** A pod with the built-in server, as YAML. */
export function serverPod(name: string, node: string, annotations: string = "{}"): string {
  return `---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, annotations: ${annotations} }
spec:
  nodeName: ${node}
  containers: [{ name: server, image: stand-in }]
`;
}

/** A pod on node-1 that runs a line of shell, as YAML. */
export function commandPod(name: string, script: string, hostNetwork = false): string {
  return `---
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  nodeName: node-1
  hostNetwork: ${String(hostNetwork)}
  containers: [{ name: main, image: stand-in, command: [sh, -c, ${JSON.stringify(script)}] }]
`;
}

/** How an URL names the built-in server at an address. */
export function urlOf(address: IpAddress, path = "/"): string {
  const host = ipFamily(address) === 6 ? `[${address}]` : address;
  return `http://${host}:${String(defaultPort)}${path}`;
}

/** The socket of a node's agent. */
export function agentSocketOf({ name }: LabScene, node: string): string {
  return labFolder(name).node(node, "agent.sock");
}

/** The process of a node's agent. */
export async function agentPid(lab: Lab, node: string): Promise<number> {
  const status = (await lab.status()).find(({ name }) => name === node);
  return status?.agentPid ?? 0;
}

/** The refusal of what cannot be done. */
export async function failure(action: () => Promise<unknown>): Promise<LabError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** `heddle lab apply` by a process of its own, until it is disposed of. */
export function applyElsewhere(
  lab: string,
  file: string,
): AsyncDisposable & { readonly pid: number } {
  const [program, ...args] = [...heddle, "lab", "apply", "--name", lab, "-f", file];
  const child = spawn(program, args, { stdio: "ignore" });
  const ended = once(child, "exit");
  return {
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
