import { execFile, spawn } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createPinFolder, waitUntil } from "@heddle/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Ran, runHere } from "./testing/test-terminal.ts";

const name = `t${randomBytes(4).toString("hex")}`;
const heddle = fileURLToPath(new URL("../bin/heddle.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "heddle-cli-"));
const web = manifest("web", "containers: [{ name: server, image: stand-in }]");
const job = manifest(
  "job",
  'containers: [{ name: main, image: stand-in, command: [sh, -c, "echo done"] }]',
);

function manifest(pod: string, spec: string): string {
  const file = join(folder, `${pod}.yaml`);
  writeFileSync(file, `{apiVersion: v1, kind: Pod, metadata: {name: ${pod}}, spec: {${spec}}}\n`);
  return file;
}

/** Runs `heddle lab` as a process of its own, on the lab of this test. */
async function lab(command: string, ...args: readonly string[]): Promise<Ran> {
  const all = [heddle, "lab", command, "--name", name, ...args];
  const { promise, resolve } = Promise.withResolvers<Ran>();
  execFile(process.execPath, all, (error, stdout, stderr) => {
    const code = error === null ? 0 : Number(error.code);
    resolve({ code, stdout, stderr });
  });
  return promise;
}

const json = async (command: string): Promise<unknown> =>
  JSON.parse((await lab(command, "-o", "json")).stdout);

function isRunning(command: string): boolean {
  return readdirSync("/proc")
    .filter((pid) => /^[0-9]+$/.test(pid))
    .some((pid) => {
      try {
        const text = readFileSync(join("/proc", pid, "cmdline"), "utf8");
        return text.replaceAll("\0", " ").trim() === command;
      } catch {
        return false;
      }
    });
}

describe("heddle lab", () => {
  let up: Ran;
  beforeAll(async () => {
    // Mounts the BPF file system where it is not.
    createPinFolder()[Symbol.dispose]();
    up = await lab("up", "--nodes", "1", "--family", "ipv4", "-f", web, "-o", "json");
  });
  afterAll(async () => {
    await lab("down");
    rmSync(folder, { recursive: true });
  });

  it("up tells of what there is, once", async () => {
    expect(up).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(up.stdout)).toMatchObject({
      name,
      nodes: [{ name: "node-1", addresses: ["192.0.2.1"], pods: 1, pending: 0, ready: true }],
      pods: [{ namespace: "default", name: "web", phase: "Running", addresses: ["10.244.1.1"] }],
    });
    expect(await lab("up")).toEqual({
      code: 1,
      stdout: "",
      stderr: `heddle: bring up lab ${name}: it is up already (heddle lab down --name ${name}, or choose another --name)\n`,
    });
  });

  it("status and pods are tables, or JSON", async () => {
    const status = await lab("status");
    expect(status).toMatchObject({ code: 0, stderr: "" });
    expect(status.stdout).toMatch(/^node-1 +ready +ok +\d+ +1 +192\.0\.2\.1 +10\.244\.1\.0\/24$/m);
    expect((await lab("pods")).stdout).toMatch(/^default +web +Running +node-1 +10\.244\.1\.1$/m);
    expect(await json("status")).toMatchObject([{ name: "node-1", health: "ok" }]);
    expect(await json("pods")).toMatchObject([{ name: "web", node: "node-1" }]);
  });

  it.each([
    [["exec", "web", "--", "cat", "/proc/sys/kernel/hostname"], 0, "web\n"],
    [["exec", "web", "--", "sh", "-c", "exit 7"], 7, ""],
    [["exec", "web", "--", "sh", "-c", "kill -9 $$"], 137, ""],
    [["exec", "nobody", "--", "true"], 1, ""],
    [["node-exec", "node-1", "--", "sh", "-c", "heddle endpoints -o json | grep -c mac"], 0, "1\n"],
    [["node-exec", "node-2", "--", "true"], 1, ""],
    [["outside-exec", "--", "cat", "/proc/sys/kernel/hostname"], 0, "outside\n"],
    [["logs", "job"], 1, ""],
  ])("%j ends with %d", async ([command = "", ...args], code, stdout) => {
    expect(await lab(command, ...args)).toMatchObject({ code, stdout });
  });

  it("exec hands on what it is told to end by", async () => {
    const sleep = ["sleep", `1000.${String(randomInt(1e9))}`];
    const child = spawn(
      process.execPath,
      [heddle, "lab", "exec", "--name", name, "web", "--", ...sleep],
      { stdio: "ignore" },
    );
    const ended = once(child, "exit");
    await waitUntil("the program", () => isRunning(sleep.join(" ")));
    child.kill("SIGTERM");
    expect(await ended).toEqual([143, null]);
    expect(isRunning(sleep.join(" "))).toBe(false);
  });

  it("apply and delete tell what they did", async () => {
    const applied = await lab("apply", "-f", web, "-f", job);
    expect(applied).toEqual({
      code: 0,
      stdout: "pod default/job created\npod default/web unchanged\n",
      stderr: "",
    });
    expect((await lab("logs", "job")).stdout).toBe("done\n");
    expect((await lab("pods")).stdout).toMatch(/^default +job +Exited/m);
    const removed = await lab("delete", "-f", job, "-o", "json");
    expect(JSON.parse(removed.stdout)).toEqual({ removed: ["default/job"] });
    expect((await lab("delete", "-f", job)).stdout).toBe("nothing to do\n");
  });

  it("restart ends when the next agent is ready", async () => {
    expect((await lab("restart", "node-1")).stdout).toBe("the agent of node-1 is ready\n");
    expect((await lab("status")).code).toBe(0);
  });

  it("impair makes a link worse, tells what became of packets, and makes it good again", async () => {
    const link = ["outside/eth0", "--direction", "to"];
    const lost = await lab("impair", ...link, "--loss", "100%", "--seed", "3");
    expect(lost.stdout).toMatch(/^outside\/eth0 +to +100% +- +- +- +3 +0 +0 +0 +0 +0$/m);
    const ping = ["exec", "web", "--", "ping", "-nqc1", "192.0.2.254"] as const;
    expect((await lab(...ping, "-W1")).code).toBe(1);
    const [told] = JSON.parse((await lab("impair", "-o", "json")).stdout);
    expect(told).toMatchObject({ link: "outside/eth0", direction: "to", loss: 1, seed: 3 });
    expect(Number(told.lost)).toBeGreaterThanOrEqual(1);
    const none = { code: 0, stdout: "nothing is impaired\n", stderr: "" };
    expect(await lab("impair", ...link, "--none")).toEqual(none);
    // The node may still wait for an answer that was lost, before it asks for its neighbour again.
    expect((await lab(...ping, "-w10")).code).toBe(0);
  });

  it.each([
    [["outside"], "impair with nothing: no packet would be lost, duplicated, reordered or delayed"],
    [
      ["node-7", "--loss", "1%"],
      "find link node-7: lab LAB does not have it (it has node-1/eth0, ",
    ],
    [["outside/eth1", "--none"], "find link outside/eth1: lab LAB does not have it"],
    [["outside", "--loss", "101%"], "impair with loss 1.01: it is a share from 0 % to 100 %"],
    [["outside", "--delay", "20"], 'read time "20": it is not a number with ms or s (as in 20ms)'],
    [["outside", "--seed", "-1"], "It is not a number."],
    [["outside", "--none", "--loss", "1%"], "--none takes no other impairment"],
    [["--loss", "1%"], "say which LINK to impair"],
    [["outside", "--direction", "up"], "Allowed choices are from, to, both."],
  ])("impair %j changes nothing", async (args, message) => {
    const { code, stderr } = await lab("impair", ...args);
    expect({ isRefused: code > 0, stderr }).toEqual({
      isRefused: true,
      stderr: expect.stringContaining(message.replace("LAB", name)),
    });
    expect(await json("impair")).toEqual([]);
  });

  it.each([
    [["--underlay", "ipv4"], "plan lab with underlay ipv4: the pods have IPv6"],
    [
      ["--mtu", "1000"],
      "plan lab with mtu 1000: it is a whole number from 1280 to 65535, in bytes",
    ],
    [["--node-mtu", "node-1"], 'plan lab with node-mtu "node-1": it is not NODE=BYTES'],
    [["--node-mtu", "x=1400"], "plan lab with node-mtu x=1400: the lab does not have that node"],
    [["--links", "3"], "plan lab with links 3: it is a whole number from 1 to 2"],
    [["--narrow", "1500"], "plan lab with narrow 1500: it is a whole number from 1280 to 1499"],
  ])("up %j makes nothing", async (args, message) => {
    const { code, stderr } = await runHere(["lab", "up", "--name", `${name}x`, ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(existsSync(`/run/heddle-lab/${name}x`)).toBe(false);
  });

  it("needs root for what it changes or asks", async () => {
    vi.spyOn(process, "getuid").mockReturnValue(1000);
    for (const args of [
      ["up"],
      ["down"],
      ["status"],
      ["restart", "node-1"],
      ["apply", "-f", web],
      ["impair"],
      ["impair", "outside", "--loss", "1%"],
      ["impair", "outside", "--none"],
    ]) {
      const { code, stderr } = await runHere(["lab", ...args, "--name", name]);
      expect({ args, code }).toEqual({ args, code: 1 });
      expect(stderr).toContain("need root (run it with sudo)");
    }
    expect((await runHere(["lab", "pods", "--name", name])).stdout).toContain("web");
    vi.restoreAllMocks();
  });

  it("down leaves nothing to be asked", async () => {
    expect(await lab("down")).toEqual({ code: 0, stdout: `lab ${name} is down\n`, stderr: "" });
    expect(existsSync(`/run/heddle-lab/${name}`)).toBe(false);
    for (const command of ["status", "pods", "down"]) {
      const { code, stderr } = await lab(command);
      expect({ command, code }).toEqual({ command, code: 1 });
      expect(stderr).toMatch(/^heddle: (?:find|take down) lab t/);
    }
  });
});
