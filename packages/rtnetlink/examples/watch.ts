import { createRtnetlinkMonitor } from "@heddle/rtnetlink/monitor";

await using monitor = createRtnetlinkMonitor({}, { kinds: ["links"] });
monitor.links$.subscribe((change) => {
  if (change.kind === "upsert") console.log(change.value.name, change.value.operationalState);
  if (change.kind === "synced") console.log("these are all; from now on, changes");
});
await monitor.start();
await new Promise((resolve) => process.once("SIGINT", resolve));
