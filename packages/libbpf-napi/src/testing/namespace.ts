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

export function createTestNamespace(): TestNamespace {
  const name = `hdt-${randomBytes(4).toString("hex")}`;
  execFileSync("ip", ["netns", "add", name]);
  const run = (command: string, ...args: readonly string[]): string =>
    execFileSync("ip", ["netns", "exec", name, command, ...args], { encoding: "utf8" });
  const remove = (): void => void execFileSync("ip", ["netns", "delete", name]);
  try {
    run("ip", "link", "add", "left", "type", "veth", "peer", "name", "right");
    for (const device of ["lo", "left", "right"]) run("ip", "link", "set", device, "up");
    const indexOf = (device: string): InterfaceIndex =>
      interfaceIndex(Number(run("cat", `/sys/class/net/${device}/ifindex`)));
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
