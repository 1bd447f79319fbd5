/**
 * The layer check: reads every package.json and every import of the workspace and lists what the
 * architecture forbids.
 *
 * @module
 */
export { checkWorkspace } from "./check-workspace.ts";
export { layerOf, layers } from "./layers.ts";
export { readWorkspace, type Workspace, type WorkspacePackage } from "./read-workspace.ts";
