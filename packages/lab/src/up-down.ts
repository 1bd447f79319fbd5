import { existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { listNetns } from "@heddle/rtnetlink";
import { startAgent, untilAgentReady } from "./agents.ts";
import { type Applied, applyWanted } from "./apply.ts";
import { startHostProbe, writeCommand, writeNode } from "./hosts.ts";
import type { LabContext } from "./lab-context.ts";
import { LabError } from "./lab-error.ts";
import { labFolder, removeIfEmpty, writeLab } from "./lab-folder.ts";
import { lockLab } from "./lab-lock.ts";
import { readManifests } from "./manifests.ts";
import type { LabOptions } from "./lab-options.ts";
import { isNetnsOf, planLab } from "./plan.ts";
import { requireRoot } from "./require-root.ts";
import { schedule } from "./schedule.ts";
import { endAllNetns } from "./teardown.ts";
import { createUnderlay } from "./underlay.ts";

/** What a lab is brought up with. */
export interface LabUpOptions extends LabOptions {
  /** Files of manifests, and folders of them. */
  readonly manifests: readonly string[];
  /** The command line that runs `heddle`, to which arguments are added. */
  readonly heddle: readonly string[];
}

/**
 * Brings a lab up: resolves when every node's agent is ready and every pod runs.
 *
 * What the files ask for is checked before anything is made, and a network that cannot be made is taken
 * down again. A lab whose agents or pods do not start stays, to be looked into.
 *
 * @throws {LabError} `bad-option`, `bad-manifest`, `not-root`, `exists`, `leftover`, `process-failed`, `not-ready`
 */
export async function labUp(options: LabUpOptions): Promise<Applied> {
  const { manifests, heddle, ...labOptions } = options;
  const plan = planLab(labOptions);
  const context: LabContext = { plan, folder: labFolder(plan.name), heddle };
  requireRoot("bring up lab", plan.name);
  using _lock = lockLab(context.folder);
  refuseExisting(context);
  const wanted = readManifests(manifests);
  // A pod that has no place is refused before there is anything.
  schedule(wanted.pods, new Map(plan.nodes.map(({ name }) => [name, 0])));
  try {
    mkdirSync(context.folder.root, { recursive: true });
    await createUnderlay(plan);
  } catch (error) {
    await removeAll(plan.name);
    throw error;
  }
  writeLab(context.folder, labOptions);
  writeCommand(context);
  for (const node of plan.nodes) writeNode(context, node);
  await Promise.all(plan.nodes.map((node) => startAgent(context, node)));
  const hosts = [...plan.nodes, plan.outside];
  return await applyWanted(context, wanted, () =>
    Promise.all([
      ...plan.nodes.map(({ name }) => untilAgentReady(context, name)),
      ...hosts.map((host) => startHostProbe(context, host)),
    ]),
  );
}

/**
 * Takes a lab down: its processes, network namespaces, pins and files, also those that are left of a lab
 * that was not brought up completely.
 *
 * @throws {LabError} `bad-option`, `not-root`, `no-such-lab` when nothing of that name is there, `busy`
 */
export async function labDown(name: string): Promise<void> {
  const folder = labFolder(name);
  requireRoot("take down lab", name);
  using _lock = lockLab(folder);
  const isThere = netnsPaths(name).length > 0 || [folder.root, folder.pins].some(existsSync);
  if (!isThere) {
    throw new LabError({
      code: "no-such-lab",
      operation: "take down lab",
      subject: name,
      reason: "there is nothing of that name",
    });
  }
  await removeAll(name);
}

async function removeAll(name: string): Promise<void> {
  const { root, pins } = labFolder(name);
  await endAllNetns(netnsPaths(name));
  for (const folder of [root, pins]) {
    rmSync(folder, { recursive: true, force: true });
    removeIfEmpty(dirname(folder));
  }
}

function netnsPaths(name: string): readonly string[] {
  return listNetns()
    .filter((netns) => isNetnsOf(name, netns.name))
    .map(({ path }) => path);
}

function refuseExisting({ plan, folder }: LabContext): void {
  if (existsSync(folder.root)) {
    throw new LabError({
      code: "exists",
      operation: "bring up lab",
      subject: plan.name,
      reason: "it is up already",
      hint: `heddle lab down --name ${plan.name}, or choose another --name`,
    });
  }
  const [leftover] = netnsPaths(plan.name);
  if (leftover === undefined) return;
  throw new LabError({
    code: "leftover",
    operation: "bring up lab",
    subject: plan.name,
    reason: `${leftover} is there already, and belongs to no lab`,
    hint: `heddle lab down --name ${plan.name} removes what is left of a lab of that name`,
  });
}
