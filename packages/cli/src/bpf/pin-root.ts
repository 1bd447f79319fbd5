import { readdirSync } from "node:fs";
import { toError } from "@heddle/contracts";
import { pinsAt, type Pins, schemaVersion } from "@heddle/datapath/pins";
import { CliError } from "../cli-error.ts";

/**
 * What this release has pinned under a folder.
 *
 * @throws {CliError} `nothing-pinned`, `unreadable-pins`
 */
export function openPins(root: string): Pins {
  const ours = `v${String(schemaVersion)}`;
  const found = versionsIn(root);
  if (found.includes(ours)) return pinsAt(root);
  throw new CliError({
    code: "nothing-pinned",
    operation: "look into",
    subject: root,
    reason:
      found.length === 0
        ? "nothing is pinned there"
        : `this release pins in ${ours}, and there is ${found.join(", ")}`,
    hint: "has an agent run on this node? another folder is chosen by --pin-root or HEDDLE_PIN_ROOT",
  });
}

/**
 * The folders of all releases under `root`; none where it is not there.
 *
 * @throws {CliError} `unreadable-pins`
 */
export function versionsIn(root: string): readonly string[] {
  try {
    return readdirSync(root);
  } catch (cause) {
    const { message } = toError(cause);
    if (message.startsWith("ENOENT")) return [];
    throw new CliError({
      code: "unreadable-pins",
      operation: "look into",
      subject: root,
      reason: message,
      hint: message.startsWith("EACCES") ? "only root may: run it as root" : undefined,
      cause,
    });
  }
}
