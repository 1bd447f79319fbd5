// Owners that get an address of each family, all from one pool.
import { parsePrefix, systemClock } from "@heddle/contracts";
import { createIpam } from "@heddle/ipam";
import { liveBytes, megabytes, runMeasurement } from "../measurement.ts";

await runMeasurement(({ test, size, report }) => {
  const prefixes = ["10.0.0.0/8", "fd00::/64"].map(parsePrefix);
  const strategy = test === "random" ? "random" : "first-free";
  const owners = Array.from({ length: size }, (_, index) => `pod-${String(index)}`);
  const before = liveBytes();
  const ipam = createIpam({ clock: systemClock }, { prefixes, strategy });
  const started = performance.now();
  for (const owner of owners) ipam.allocate(owner, [4, 6]);
  report("time", performance.now() - started);
  report("memory", megabytes(liveBytes() - before));
  if (ipam.allocations.size !== size) throw new Error("not every owner has addresses");
  return Promise.resolve();
});
