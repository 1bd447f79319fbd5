import { createLogger, systemClock } from "@heddle/contracts";
import { createFolderSource, formatProblem } from "@heddle/kube-source";

const logger = createLogger(() => undefined);
await using source = createFolderSource(
  { clock: systemClock, logger },
  { path: process.argv[2] ?? ".", accepted: ["Pod", "Node"], consumer: "this example" },
);
source.pods$.subscribe((change) => console.log(change.kind, "key" in change ? change.key : ""));
source.problems$.subscribe((problems) => console.log(problems.map(formatProblem).join("\n")));
await source.start();
