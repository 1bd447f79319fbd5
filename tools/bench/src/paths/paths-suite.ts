import { toError } from "@heddle/contracts";
import type { OpenOptions, OpenSuite, Suite } from "../suite.ts";
import { checkPath, readCounters } from "./check-path.ts";
import { pathContestants } from "./contestants/index.ts";
import { type LoadTimes, runLoad, settleEnds, startServer } from "./load.ts";
import type { Path } from "./path.ts";
import { pathTests, type PathTest } from "./tests.ts";

/** Seconds of a sample where the command line says nothing. */
const defaultSeconds = 1;

/** End to end between the namespaces of two pods. */
export const paths: Suite = {
  name: "paths",
  description:
    "End to end between two namespaces, as ratio to a raw veth pair of the same round. Client and server share a " +
    "processor for rr, crr and udp, and have one each for throughput and rrx.",
  tests: pathTests,
  contestants: pathContestants.map(({ name }) => name),
  baseline: "veth",
  baselines: Object.fromEntries(
    pathContestants.flatMap(({ name, baseline }) =>
      baseline === undefined ? [] : [[name, baseline]],
    ),
  ),
  rounds: 10,
  open: openPaths,
};

async function openPaths(
  names: readonly string[],
  { seconds = defaultSeconds, signal }: OpenOptions = {},
): Promise<OpenSuite> {
  const stack = new AsyncDisposableStack();
  const opened = new Map<string, Path | Error>();
  try {
    for (const name of names) {
      signal?.throwIfAborted();
      opened.set(name, await openPath(stack, name));
    }
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
  const times = { warmUp: Math.max(0.05, seconds / 5), seconds };
  return {
    run: (test, contestant) => runTest(testOf(test), opened.get(contestant), times, signal),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** A contestant that cannot be set up fails its own samples, and nobody else's. */
async function openPath(stack: AsyncDisposableStack, name: string): Promise<Path | Error> {
  const contestant = pathContestants.find((candidate) => candidate.name === name);
  if (contestant === undefined) throw new Error(`there is no contestant ${name}`);
  const own = stack.use(new AsyncDisposableStack());
  try {
    const path = await contestant.open(own);
    await settleEnds(path);
    await startServer(own, path.server);
    return path;
  } catch (error) {
    return toError(error);
  }
}

function testOf(name: string): PathTest {
  const test = pathTests.find((candidate) => candidate.name === name);
  if (test === undefined) throw new Error(`there is no test ${name}`);
  return test;
}

async function runTest(
  test: PathTest,
  path: Path | Error | undefined,
  times: LoadTimes,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  if (path === undefined) throw new Error("the contestant was not set up");
  if (path instanceof Error) throw new Error(`set-up: ${path.message}`, { cause: path });
  const before = await readCounters(path);
  const result = await runLoad(path, test.load, times, signal);
  const least = test.packetsOf(result.numbers);
  checkPath(path, result.server, { before, after: await readCounters(path), least });
  return test.valuesOf(result.numbers);
}
