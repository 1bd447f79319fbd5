import type { Lab } from "./lab.ts";
import { labFolder, readLab } from "./lab-folder.ts";
import { planLab } from "./plan.ts";
import { RunningLab } from "./running-lab.ts";

/**
 * Opens a lab that is up.
 *
 * @param heddle the command line that runs `heddle`, to which arguments are added
 * @throws {LabError} `no-such-lab`
 */
export function openLab(name: string, heddle: readonly string[]): Lab {
  const folder = labFolder(name);
  const plan = planLab(readLab(folder));
  return new RunningLab({ plan, folder, heddle });
}
