import type { LabFolder } from "./lab-folder.ts";
import type { LabPlan } from "./plan.ts";

/** What every part of a lab works with. */
export interface LabContext {
  readonly plan: LabPlan;
  readonly folder: LabFolder;
  /** The command line that runs `heddle`, to which arguments are added. */
  readonly heddle: readonly string[];
}
