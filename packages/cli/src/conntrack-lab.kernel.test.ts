import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Lab, labDown, labUp, openLab } from "@heddle/lab";
import { createPinFolder, waitUntil } from "@heddle/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ran, runHere, type RunOptions } from "./testing/test-terminal.ts";

const name = `t${randomBytes(4).toString("hex")}`;
const heddle = [process.execPath, fileURLToPath(new URL("../bin/heddle.js", import.meta.url))];
const folder = mkdtempSync(join(tmpdir(), "heddle-cli-"));
const pod = "10.244.1.1";

let lab: Lab;
beforeAll(async () => {
  // Mounts the BPF file system where it is not.
  createPinFolder()[Symbol.dispose]();
  const web = join(folder, "web.yaml");
  const spec = "{containers: [{name: server, image: stand-in}]}";
  writeFileSync(web, `{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: ${spec}}\n`);
  await labUp({ name, nodes: 1, families: [4], manifests: [web], heddle });
  lab = openLab(name, heddle);
});
afterAll(async () => {
  await labDown(name);
  rmSync(folder, { recursive: true });
});

/** The command in this process, as it is on the node. */
async function conntrack(args: readonly string[], options?: RunOptions): Promise<Ran> {
  const { HEDDLE_SOCKET: socket = "", HEDDLE_PIN_ROOT: pins = "" } = lab.onNode("node-1", []).env;
  return runHere(["conntrack", ...args, "--socket", socket, "--pin-root", pins], options);
}

/** From outside of the cluster to ports of the pod where nobody listens. */
async function send(...ports: readonly number[]): Promise<void> {
  const script = `
    const socket = require("dgram").createSocket("udp4");
    socket.bind(5000, async () => {
      for (const port of ${JSON.stringify(ports)}) {
        await new Promise((sent) => socket.send("x", port, "${pod}", sent));
      }
      socket.close();
    });`;
  const { command, env } = lab.outside([process.execPath, "-e", script]);
  const [program = "", ...args] = command;
  await promisify(execFile)(program, args, { env: { ...process.env, ...env } });
}

async function listed(): Promise<readonly number[]> {
  const { stdout } = await conntrack(["list", "-o", "json", "--filter", `proto=udp dst=${pod}`]);
  const found: readonly { original: { destinationPort: number } }[] = JSON.parse(stdout);
  return found
    .map(({ original }) => original.destinationPort)
    .toSorted((one, other) => one - other);
}

describe("the connections of a node", () => {
  it("are listed with who began them, and flushed", async () => {
    await send(53, 54);
    expect(await listed()).toEqual([53, 54]);
    const { stdout } = await conntrack(["list", "--filter", `src=192.0.2.254 dst=${pod}:53`]);
    expect(stdout).toMatch(/^udp +192\.0\.2\.254:5000 +10\.244\.1\.1:53 +- +opening /m);
    expect((await conntrack(["flush", "--filter", "port=53"])).stdout).toBe(
      "1 connection is forgotten\n",
    );
    expect(await listed()).toEqual([54]);
    // What is forgotten begins anew.
    await send(53);
    expect(await listed()).toEqual([53, 54]);
    expect((await conntrack(["stats"])).stdout).toMatch(/^flushed +1$/m);
  });

  it("are watched: as they begin, and with the reason why they leave, as the agent tells", async () => {
    const ended = new AbortController();
    const lines: string[] = [];
    const args = ["watch", "--interval", "0.02", "--filter", `addr=${pod} proto=udp`];
    const watched = conntrack(args, { ended: ended.signal, onOut: (line) => lines.push(line) });
    // Until it is told of one, it may not have looked yet.
    for (let port = 1000; lines.length === 0; port++) {
      await send(port);
      await conntrack(["flush", "--filter", `port=${String(port)}`]);
    }
    await send(60);
    await waitUntil("a new connection", () =>
      lines.some((line) => /new {5}udp .* > 10\.244\.1\.1:60 opening$/.test(line)),
    );
    await conntrack(["flush", "--filter", "port=60"]);
    await waitUntil("a removed connection", () =>
      lines.some((line) =>
        /removed udp .* > 10\.244\.1\.1:60 flushed in opening after /.test(line),
      ),
    );
    ended.abort();
    expect(await watched).toMatchObject({
      code: 0,
      stderr: "heddle: removals are told by the agent, as they are swept\n",
    });
  });

  it("are listed and flushed when the agent is down, and followed through its end", async () => {
    const ended = new AbortController();
    const lines: string[] = [];
    const args = ["watch", "--interval", "0.02", "-o", "json"];
    const watched = conntrack(args, { ended: ended.signal, onOut: (line) => lines.push(line) });
    for (let port = 2000; lines.length === 0; port++) await send(port);
    await lab.stopAgent("node-1");
    await conntrack(["flush", "--all"]);
    await send(70);
    expect(await listed()).toEqual([70]);
    await waitUntil("a new connection", () => lines.some((line) => line.includes(":70,")));
    expect((await conntrack(["flush", "--filter", `dst=${pod}:70`])).stdout).toBe(
      "1 connection is forgotten\n",
    );
    await waitUntil("a removed connection", () =>
      lines.some((line) => line.startsWith('{"kind":"removed"') && line.includes(":70,")),
    );
    expect(await listed()).toEqual([]);
    ended.abort();
    const { code, stderr } = await watched;
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /it went away, .*: removals are seen by reading the table every 0\.02 s/,
    );
  });
});
