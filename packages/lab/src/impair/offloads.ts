import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { toError } from "@heddle/contracts";
import { LabError } from "../lab-error.ts";
import { enter } from "../processes.ts";
import { type HostPlan, netnsPath } from "../plan.ts";

const run = promisify(execFile);

/** What makes a veth hand on large packets, and checksums that nobody has computed. */
const features = ["tx", "tso", "gso"];

/**
 * Makes the devices of hosts send packets as they go over a wire, each of its own and with its checksum, or leave that
 * to whoever gets them again, as veth pairs do.
 *
 * @throws {LabError} `process-failed`
 */
export async function setOffloads(hosts: readonly HostPlan[], value: "on" | "off"): Promise<void> {
  const changes = features.flatMap((feature) => [feature, value]);
  await Promise.all(
    hosts.flatMap(({ netns, devices }) =>
      devices.map(async ({ name }) => {
        const command = ["ethtool", "-K", name, ...changes];
        const [program = "", ...args] = enter(netnsPath(netns), undefined, command);
        try {
          await run(program, args);
        } catch (error) {
          throw ethtoolFailed(command, error);
        }
      }),
    ),
  );
}

function ethtoolFailed(command: readonly string[], cause: unknown): LabError {
  return new LabError({
    code: "process-failed",
    operation: "run",
    subject: command.join(" "),
    reason: toError(cause).message.trim(),
    hint: "it takes ethtool: apt install ethtool",
    cause,
  });
}
