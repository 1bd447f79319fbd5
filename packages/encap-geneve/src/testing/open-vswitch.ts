import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type TestNetns, waitUntil } from "@heddle/testing";
import type { TunnelEnds } from "./tunnel-ends.ts";

const run = promisify(execFile);

/** Programs of Debian's openvswitch-switch. */
const schema = "/usr/share/openvswitch/vswitch.ovsschema";

export function hasOpenVswitch(): boolean {
  return existsSync(schema) && existsSync("/usr/sbin/ovs-vswitchd");
}

/** Open vSwitch with its data path in user space, in a namespace of its own. */
export interface OpenVswitch {
  vsctl(...args: readonly string[]): Promise<string>;
  ofctl(...args: readonly string[]): Promise<string>;
}

/** Starts it in a namespace, without the kernel's module, until the ends are disposed of. */
export async function startOpenVswitch(ends: TunnelEnds, netns: TestNetns): Promise<OpenVswitch> {
  const folder = join(ends.folder, "ovs");
  mkdirSync(folder);
  const env = { OVS_RUNDIR: folder, OVS_LOGDIR: folder, OVS_DBDIR: folder };
  const socket = join(folder, "db.sock");
  await run("ovsdb-tool", ["create", join(folder, "conf.db"), schema]);
  const quiet = ["-vconsole:emer", "-vsyslog:off", "-vfile:off"];
  const database = ["ovsdb-server", ...quiet, `--remote=punix:${socket}`, join(folder, "conf.db")];
  ends.spawn(netns, database, env);
  await waitUntil("the database", () => existsSync(socket));
  const call = async (program: string, args: readonly string[]): Promise<string> => {
    const command = [`--net=${netns.path}`, "--", program, ...args];
    const { stdout } = await run("nsenter", command, { env: { ...process.env, ...env } });
    return stdout;
  };
  const vsctl: OpenVswitch["vsctl"] = (...args) =>
    call("ovs-vsctl", [`--db=unix:${socket}`, "--timeout=20", ...args]);
  await vsctl("--no-wait", "init");
  ends.spawn(netns, ["ovs-vswitchd", ...quiet, `unix:${socket}`], env);
  return { vsctl, ofctl: (...args) => call("ovs-ofctl", args) };
}
