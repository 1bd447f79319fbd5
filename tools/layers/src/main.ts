import { checkWorkspace } from "./check-workspace.ts";
import { readWorkspace } from "./read-workspace.ts";

const workspace = readWorkspace(process.cwd());
const problems = checkWorkspace(workspace);
for (const problem of problems) console.error(problem);
console.log(
  `${String(workspace.packages.length)} packages, ${String(problems.length)} problems with layers, cycles or names`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
