// A measurement for the test of those who run it: what it does is the test's name.
import { setTimeout as delay } from "node:timers/promises";
import { runMeasurement } from "../measurement.ts";

await runMeasurement(async ({ test, size, quick, own, report }) => {
  await own({ [Symbol.dispose]: () => console.error("disposed of the first") });
  if (test === "fail") throw new Error("it cannot be measured");
  if (test === "hang") await own(slowlyMade());
  if (test !== "forget") report("time", size);
  report("quick", Number(quick));
});

/** What is not there yet when the measurement is told to end. */
async function slowlyMade(): Promise<Disposable> {
  console.error("making the second");
  const stopped = Promise.withResolvers<void>();
  process.once("SIGTERM", () => stopped.resolve());
  const alive = setInterval(() => undefined, 1 << 30);
  await stopped.promise;
  clearInterval(alive);
  await delay(10);
  return { [Symbol.dispose]: () => console.error("disposed of the second") };
}
