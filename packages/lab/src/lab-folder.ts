import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { ipFamilies } from "@heddle/contracts";
import * as v from "valibot";
import { isErrno } from "./errno.ts";
import { LabError } from "./lab-error.ts";
import { checkLabName } from "./lab-name.ts";
import type { LabOptions } from "./lab-options.ts";
import type { ProcessRef } from "./processes.ts";

/** Where the state of all labs lies; gone with the next start of the machine, as the labs are. */
const labsFolder = "/run/heddle-lab";

/** Where the agents of all labs pin. */
const pinsFolder = "/sys/fs/bpf/heddle-lab";

const routingSchema = v.picklist(["direct", "geneve"]);

const optionsSchema: v.GenericSchema<unknown, LabOptions> = v.object({
  name: v.string(),
  nodes: v.number(),
  families: v.array(v.picklist(ipFamilies)),
  underlay: v.exactOptional(v.array(v.picklist(ipFamilies))),
  mtu: v.exactOptional(v.number()),
  nodeMtus: v.exactOptional(v.record(v.string(), v.number())),
  links: v.exactOptional(v.number()),
  narrow: v.exactOptional(v.number()),
  attachment: v.exactOptional(v.picklist(["auto", "tcx", "clsact"])),
  onLinkPods: v.exactOptional(v.boolean()),
  routing: v.exactOptional(v.union([routingSchema, v.array(routingSchema)])),
  agentOptions: v.exactOptional(v.record(v.string(), v.string())),
  timeout: v.exactOptional(v.number()),
});

/** A process as it is kept in a file. */
export const processSchema: v.GenericSchema<unknown, ProcessRef> = v.object({
  pid: v.number(),
  started: v.string(),
});

/** The files of one lab. */
export interface LabFolder {
  readonly name: string;
  readonly root: string;
  readonly pins: string;
  /** The folder of objects that every agent of the lab watches. */
  readonly objects: string;
  /** A folder with the command `heddle`, for what runs in the lab. */
  readonly bin: string;
  /** Files of a node: `agent.log`, `agent.json`. */
  node(node: string, file: string): string;
  /** Files of a pod: `pod.json`, `CONTAINER.log`. */
  pod(pod: string, file: string): string;
  /**
   * The control socket of a container's built-in server. Not by name, since the path of a Unix socket has at
   * most 107 bytes (unix(7)), and the names of a pod alone may have more.
   */
  control(pod: string, container: string): string;
  podFolder(pod: string): string;
  /** The keys of the pods that have a folder. */
  pods(): readonly string[];
  pinRoot(node: string): string;
}

/**
 * The files of the lab of this name: the one place where a name becomes paths.
 *
 * @throws {LabError} `bad-option` for a name that no lab has
 */
export function labFolder(name: string): LabFolder {
  checkLabName(name);
  const root = join(labsFolder, name);
  const pods = join(root, "pods");
  // A DNS name has no underscore.
  const podFolder = (pod: string) => join(pods, pod.replace("/", "_"));
  return {
    name,
    root,
    pins: join(pinsFolder, name),
    objects: join(root, "objects"),
    bin: join(root, "bin"),
    node: (node, file) => join(root, "nodes", node, file),
    podFolder,
    pod: (pod, file) => join(podFolder(pod), file),
    control: (pod, container) => {
      const hash = createHash("sha256").update(`${pod}/${container}`).digest("hex");
      return join(root, "control", `${hash.slice(0, 16)}.sock`);
    },
    pods: () => list(pods).map((entry) => entry.replace("_", "/")),
    pinRoot: (node) => join(pinsFolder, name, node),
  };
}

/** The names of the labs that exist. */
export function labNames(): readonly string[] {
  return list(labsFolder).filter((name) => existsSync(join(labsFolder, name, "lab.json")));
}

/** What is kept of a lab beside its processes and namespaces. */
export function readLab(folder: LabFolder): LabOptions {
  const file = join(folder.root, "lab.json");
  if (!existsSync(file)) {
    const names = labNames();
    throw new LabError({
      code: "no-such-lab",
      operation: "find lab",
      subject: folder.name,
      reason: names.length === 0 ? "there is no lab" : `there are the labs ${names.join(", ")}`,
      hint: "heddle lab up makes one",
    });
  }
  return readJson(file, optionsSchema);
}

export function writeLab(folder: LabFolder, options: LabOptions): void {
  writeJson(join(folder.root, "lab.json"), options);
}

/** Reads a file that {@link writeJson} wrote. */
function readJson<T>(file: string, schema: v.GenericSchema<unknown, T>): T {
  const value: unknown = JSON.parse(readFileSync(file, "utf8"));
  return v.parse(schema, value);
}

/** Undefined when the file is not there, or goes away meanwhile. */
export function readIfThere<T>(file: string, schema: v.GenericSchema<unknown, T>): T | undefined {
  try {
    return readJson(file, schema);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Writes a file as a whole or not at all. */
export function writeJson(file: string, value: unknown): void {
  writeWhole(file, `${JSON.stringify(value)}\n`);
}

/** Writes a file under a hidden name, then gives it its own, so that nobody reads half of it. */
export function writeWhole(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = join(dirname(file), `.${String(process.pid)}.tmp`);
  writeFileSync(unfinished, text);
  renameSync(unfinished, file);
}

/** Others may have put something there, or have removed it already. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!isErrno(error, "ENOTEMPTY") && !isErrno(error, "ENOENT")) throw error;
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}
