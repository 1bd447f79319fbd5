import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { compileInto, packagePath, scratchFolder } from "./testing/foreign-object.ts";

const example = (file: string): string => `examples/xdp-counter/${file}`;

it("the packet counter of the tutorial counts packets, and leaves nothing behind", async () => {
  using folder = scratchFolder();
  const object = compileInto(folder.path, example("count.bpf.c"));
  const command = `ip link set lo up
    "$0" --conditions=heddle-source "$1" lo "$2" & counter=$!
    for try in $(seq 100); do ip link show lo | grep -q xdp && break; sleep 0.05; done
    ping -qc3 -i0.2 127.0.0.1 >/dev/null; ping -qc3 -i0.2 ::1 >/dev/null
    sleep 1.2; kill -INT $counter; wait $counter; ip link show lo | grep -c xdp`;
  // A mount namespace too, so that /sys/class/net shows the new network namespace's devices.
  const args = ["-nm", "sh", "-c", `mount -t sysfs sysfs /sys; ${command}`];
  const child = spawn(
    "unshare",
    [...args, process.execPath, packagePath(example("main.ts")), object],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  await once(child, "close");
  expect(output).toContain("counting at lo; Ctrl-C ends it");
  // Each echo has an answer, and the loopback sees both.
  expect(output).toMatch(/^ICMP +6 +\d+\/s$/m);
  expect(output).toMatch(/^ICMPv6 +\d+ +\d+\/s$/m);
  expect(output.trim().split("\n").at(-1)).toBe("0");
});
