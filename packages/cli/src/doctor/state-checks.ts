import type { AgentStatus } from "@heddle/agent/client";
import { CodedError } from "@heddle/contracts";
import { schemaVersion } from "@heddle/datapath/pins";
import { type Check, fail, type Finding, ok, warn } from "./finding.ts";

/** Whether only this release has left something behind. */
export const checkPinnedVersions: Check = (machine) => {
  const { pinRoot } = machine;
  const ours = `v${String(schemaVersion)}`;
  const versions = machine.pinnedVersions();
  const others = versions.filter((name) => name !== ours);
  if (others.length > 0) {
    return warn(
      `${pinRoot} has ${others.join(", ")} of another release; this one uses ${ours}`,
      `when no agent of that release runs any more: rm -r ${others.map((name) => `${pinRoot}/${name}`).join(" ")}`,
    );
  }
  return ok(versions.length === 0 ? `${pinRoot} is empty` : `${pinRoot} has ${ours} only`);
};

/** Whether the agent can take over the maps that are pinned. */
export const checkPinnedMaps: Check = (machine) => {
  const maps = machine.pinnedMaps();
  const differing = maps.filter(({ mismatch }) => mismatch !== undefined);
  const kept = differing.find(({ isExpendable }) => !isExpendable);
  if (kept !== undefined) {
    return fail(
      `the agent would refuse to start: map ${kept.name} differs in ${kept.mismatch ?? ""}`,
      `start the release that made it, or give up the node's connections: rm -r ${machine.pinRoot}`,
    );
  }
  const [first] = differing;
  if (first !== undefined) {
    return warn(
      `map ${first.name} differs in ${first.mismatch ?? ""}; what it holds is lost at the next start`,
      "start the agent, which replaces it",
    );
  }
  return ok(`${String(maps.length)} maps, all as this release has them`);
};

/** Whether what is attached is still at a device. */
export const checkAttachments: Check = async (machine) => {
  const all = await machine.attachments();
  const dead = all.filter(({ programId }) => programId === undefined);
  if (dead.length === 0) return ok(`${String(all.length)} programs, all at a device`);
  return warn(
    `${String(dead.length)} of ${String(all.length)} attachments are of devices that are gone`,
    `start the agent, which removes them, or: rm -r ${dead.map(({ path }) => path).join(" ")}`,
  );
};

/** Whether the native parts are there for this platform. */
export const checkAddons: Check = async (machine) => {
  await machine.loadAddons();
  return ok("libbpf-napi and @heddle/rtnetlink are loaded");
};

/** Whether the programs are there. */
export const checkObjects: Check = (machine) => {
  const files = machine.objectFiles();
  const broken = files.find(({ problem }) => problem !== undefined);
  if (broken === undefined) return ok(files.map(({ path }) => path).join(", "));
  return fail(
    `${broken.path}: ${broken.problem ?? ""}`,
    "install @heddle/datapath again; in a clone of the repository: npx nx run bpf:bpf",
  );
};

/** Whether an agent runs here, and well. */
export const checkAgent: Check = async (machine) => {
  try {
    return judge(await machine.agentStatus(), machine.version);
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== "not-reachable") throw error;
    const { subject, reason, hint = "start the agent" } = error;
    return warn(`no agent answers at ${subject}: ${reason}`, hint);
  }
};

function judge({ node, version, ready, health, parts }: AgentStatus, own: string): Finding {
  const unwell = Object.entries(parts).find(([, { level }]) => level === health && level !== "ok");
  const about = unwell === undefined ? "" : `: ${unwell[0]}: ${unwell[1].message}`;
  const fix = "heddle status shows all of its parts";
  if (health === "failed") return fail(`the agent of ${node} has failed${about}`, fix);
  if (health === "degraded") return warn(`the agent of ${node} is degraded${about}`, fix);
  if (!ready) return warn(`the agent of ${node} is starting${about}`, fix);
  if (version === own) return ok(`the agent of ${node} is ready`);
  return warn(
    `the agent of ${node} is of release ${version}, this command of ${own}`,
    "restart the agent with this release",
  );
}
