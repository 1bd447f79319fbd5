import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { type InterfaceIndex, interfaceIndex } from "@heddle/contracts";

/** A network namespace with a veth pair in it; disposing removes all. */
export interface TestNamespace extends Disposable {
  /** For `netns` options. */
  readonly path: string;
  /** The two ends of the pair, both up. */
  readonly left: InterfaceIndex;
  readonly right: InterfaceIndex;
  /** Runs a command inside; returns what it printed. */
  run(command: string, ...args: readonly string[]): string;
}

/** In one go: it takes long to start a program in an emulated machine. */
const setUp = [
  "link add left type veth peer name right",
  ...["lo", "left", "right"].map((device) => `link set ${device} up`),
];

export function createTestNamespace(): TestNamespace {
  const name = `hdt-${randomBytes(4).toString("hex")}`;
  execFileSync("ip", ["netns", "add", name]);
  const remove = (): void => void execFileSync("ip", ["netns", "delete", name]);
  const run = (command: string, ...args: readonly string[]): string =>
    execFileSync("ip", ["netns", "exec", name, command, ...args], { encoding: "utf8" });
  try {
    execFileSync("ip", ["-n", name, "-batch", "-"], { input: setUp.join("\n") });
    const shown = execFileSync("ip", ["-n", name, "-o", "link", "show"], { encoding: "utf8" });
    const indexOf = (device: string): InterfaceIndex =>
      interfaceIndex(Number(new RegExp(`^(\\d+): ${device}@`, "m").exec(shown)?.[1]));
    return {
      path: `/run/netns/${name}`,
      left: indexOf("left"),
      right: indexOf("right"),
      run,
      [Symbol.dispose]: remove,
    };
  } catch (error) {
    remove();
    throw error;
  }
}
