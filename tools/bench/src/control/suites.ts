import { fileURLToPath } from "node:url";
import type { Measure, Suite } from "../suite.ts";
import { childSuite, type ChildSuiteOptions } from "./child-suite.ts";

const suites: readonly ChildSuiteOptions[] = [
  {
    name: "control-tables",
    description:
      "Keys that come or change, through two joins and a reconciler into a map of the kernel.",
    tests: [
      {
        name: "new",
        measures: [milliseconds("time", "time until the kernel has all"), liveMemory()],
      },
      {
        name: "change",
        measures: [
          microseconds("p50", "one change to the kernel, median"),
          microseconds("p99", "one change to the kernel, 99th percentile"),
        ],
      },
    ],
    contestants: ["keys-1000", "keys-10000", "keys-100000"],
    rounds: 3,
    program: measurement("tables"),
  },
  {
    name: "control-ipam",
    description: "Owners that get an address of each family from one pool.",
    tests: ["first-free", "random"].map((name) => ({
      name,
      measures: [milliseconds("time", "time for all owners"), liveMemory()],
    })),
    contestants: ["owners-1000", "owners-100000", "owners-1000000"],
    rounds: 3,
    program: measurement("ipam"),
  },
  {
    name: "control-kube-source",
    description:
      "Pods of a folder, a YAML file each, until they are in a table; and one file that changes.",
    tests: [
      { name: "read", measures: [milliseconds("time", "time to read the folder"), liveMemory()] },
      { name: "change", measures: [milliseconds("time", "time to notice a changed file")] },
    ],
    contestants: ["pods-100", "pods-1000", "pods-10000"],
    rounds: 3,
    program: measurement("kube-source"),
  },
  {
    name: "control-endpoint",
    description:
      "Pods that are asked for at once, until all have devices, addresses, routes and entries in the kernel's map. " +
      "Programs are not attached.",
    tests: [
      {
        name: "connect",
        measures: [milliseconds("time", "time to connect all pods"), liveMemory()],
      },
    ],
    contestants: ["pods-1", "pods-10", "pods-100"],
    rounds: 3,
    program: measurement("endpoint"),
  },
  {
    name: "control-routing",
    description:
      "Nodes that join at once, until the kernel has a route of each family to each one's pods.",
    tests: [
      { name: "join", measures: [milliseconds("time", "time to have all routes"), liveMemory()] },
    ],
    contestants: ["nodes-10", "nodes-1000", "nodes-5000"],
    rounds: 3,
    program: measurement("routing"),
  },
  {
    name: "control-conntrack",
    description: "A full table of connections in the kernel, which is swept once.",
    tests: [
      {
        name: "sweep",
        measures: [
          milliseconds("living", "time of a sweep in which all live"),
          milliseconds("dead", "time of a sweep in which all are dead"),
        ],
      },
    ],
    contestants: ["connections-10000", "connections-100000", "connections-1000000"],
    rounds: 3,
    program: measurement("conntrack"),
  },
  {
    name: "control-datapath",
    description:
      "Loading the programs and bringing them to pods' devices: for the first time, and over what is pinned.",
    tests: ["cold", "adopt"].map((name) => ({
      name,
      measures: [
        milliseconds("start", "time to load"),
        milliseconds("attach", "time to attach to all devices"),
        liveMemory(),
      ],
    })),
    contestants: ["pods-1", "pods-100"],
    rounds: 3,
    program: measurement("datapath"),
  },
  {
    name: "control-agent",
    description:
      "The agent as a process on a node with so many pods. A pod is asked for by its manifest, renamed into the " +
      "watched folder; its first reply is the refusal of a connection that the node tries every millisecond.",
    tests: [
      {
        name: "start",
        measures: [
          milliseconds("ready", "start to ready"),
          milliseconds("connected", "start to all pods connected"),
          residentMemory("memory", "resident memory at once"),
          milliseconds("restart", "restart to ready"),
          residentMemory("memory-after-restart", "resident memory after a restart"),
        ],
      },
      {
        name: "idle",
        measures: [
          { name: "cpu", title: "CPU when idle", unit: "%", better: "less" },
          residentMemory("memory", "resident memory when idle"),
        ],
      },
      {
        name: "churn",
        measures: [
          milliseconds("add-p50", "request to first reply, median"),
          milliseconds("add-p99", "request to first reply, 99th percentile"),
          milliseconds("delete-p50", "deletion, median"),
          milliseconds("delete-p99", "deletion, 99th percentile"),
        ],
      },
    ],
    contestants: ["pods-0", "pods-100"],
    rounds: 3,
    program: measurement("agent"),
  },
];

/** The control plane, package by package and as a whole: time and memory from an event to the kernel. */
export function controlSuites(options: { readonly quick?: boolean } = {}): readonly Suite[] {
  return suites.map((suite) => childSuite({ ...suite, ...options }));
}

function measurement(name: string): string {
  return fileURLToPath(new URL(`measurements/${name}.ts`, import.meta.url));
}

function milliseconds(name: string, title: string): Measure {
  return { name, title, unit: "ms", better: "less" };
}

function microseconds(name: string, title: string): Measure {
  return { name, title, unit: "us", better: "less" };
}

function residentMemory(name: string, title: string): Measure {
  return { name, title, unit: "MB", better: "less" };
}

function liveMemory(): Measure {
  return { name: "memory", title: "live memory", unit: "MB", better: "less" };
}
