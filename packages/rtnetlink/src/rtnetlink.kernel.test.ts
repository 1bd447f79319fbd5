import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { interfaceIndex, parseIp, parsePrefix } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { createSandbox, freshPath, ip } from "../test/sandbox.ts";
import {
  createNetns,
  createRtnetlink,
  currentNetns,
  deleteNetns,
  openNetns,
  sysctl,
} from "./index.ts";
import { createRtnetlinkMonitor } from "./monitor/index.ts";

const source = new URL("index.ts", import.meta.url).href;
const monitorSource = new URL("monitor/index.ts", import.meta.url).href;

/** Runs a program that uses the package, until it ends by itself; throws when it fails or takes too long. */
function run(program: string): string {
  const flags = ["--input-type=module", "--conditions=heddle-source", "--eval"];
  return execFileSync(process.execPath, [...flags, program], {
    encoding: "utf8",
    timeout: 20_000,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

function openFiles(): number {
  return readdirSync("/proc/self/fd").length;
}

describe("a service", () => {
  it("refuses requests before its start and after its end", async () => {
    const rtnetlink = createRtnetlink();
    const refusal = {
      code: "closed",
      operation: "list links",
      hint: expect.stringContaining("start"),
    };
    await expect(rtnetlink.links.list()).rejects.toMatchObject(refusal);
    await rtnetlink.start();
    await rtnetlink.start();
    expect(await rtnetlink.links.get("lo")).toMatchObject({ type: "loopback" });
    await rtnetlink.close();
    await rtnetlink.close();
    await expect(rtnetlink.links.list()).rejects.toMatchObject({ code: "closed" });
    await expect(rtnetlink.start()).rejects.toMatchObject({ code: "closed" });
  });

  it("does not need the namespace's handle once it is started, and keeps the namespace", async () => {
    const path = freshPath();
    const netns = await createNetns(path);
    await using rtnetlink = createRtnetlink({ netns });
    await rtnetlink.start();
    netns[Symbol.dispose]();
    await deleteNetns(path);
    expect(await rtnetlink.links.list()).toMatchObject([{ name: "lo" }]);
  });

  it("does not start in a namespace whose handle is disposed of", async () => {
    const netns = currentNetns();
    netns[Symbol.dispose]();
    await expect(createRtnetlink({ netns }).start()).rejects.toMatchObject({ code: "closed" });
    await expect(createRtnetlinkMonitor({ netns }).start()).rejects.toMatchObject({
      code: "closed",
    });
  });

  it("finishes what is under way when it is closed", async () => {
    await using sandbox = createSandbox();
    const rtnetlink = await sandbox.rtnetlink(await sandbox.netns());
    const answers = Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        rtnetlink.routes.add({
          destination: parsePrefix(`10.${String(index)}.0.0/16`),
          type: "blackhole",
        }),
      ),
    );
    const listing = rtnetlink.links.list();
    await rtnetlink.close();
    expect(await answers).toHaveLength(200);
    expect(await listing).toHaveLength(1);
  });

  it("answers many requests at once, each with its own answer", async () => {
    await using sandbox = createSandbox();
    const netns = await sandbox.netns();
    const { links, routes } = await sandbox.rtnetlink(netns);
    ip(netns, "link set lo up");
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 300 }, () => links.get("lo")),
      ...Array.from({ length: 300 }, () => links.get(interfaceIndex(77))),
      ...Array.from({ length: 5 }, () => routes.list({ table: "local" })),
      links.set(interfaceIndex(77), { up: true }),
    ]);
    const values = outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : 0));
    expect(values.slice(0, 300)).toEqual(
      Array.from({ length: 300 }, () => expect.objectContaining({ name: "lo" })),
    );
    expect(values.slice(300, 600)).toEqual(Array.from({ length: 300 }, () => undefined));
    expect(values.slice(600, 605).every((value) => Array.isArray(value) && value.length > 3)).toBe(
      true,
    );
    expect(outcomes.at(-1)).toMatchObject({ reason: { code: "device-gone" } });
  });

  it("says of each request what became of it when a device vanishes in the middle", async () => {
    await using sandbox = createSandbox();
    const netns = await sandbox.netns();
    const { links, addresses, routes, neighbours } = await sandbox.rtnetlink(netns);
    const spec = { name: "v0", kind: "veth", up: true, peer: { name: "v1" } };
    const { index: device } = await links.add(spec);
    const [ipv4, ipv6] = [parseIp("10.0.0.1"), parseIp("2001:db8::1")];
    const outcomes = await Promise.allSettled([
      addresses.add({ device, address: ipv4, prefixLength: 24 }),
      links.delete("v1"),
      addresses.add({ device, address: ipv6, prefixLength: 64 }),
      routes.add({ destination: parsePrefix("10.5.0.0/16"), nextHops: [{ device }] }),
      routes.add({ destination: parsePrefix("2001:db8:5::/48"), nextHops: [{ device }] }),
      neighbours.add({ device, destination: ipv4, proxy: true }),
      links.set(device, { mtu: 1300 }),
    ]);
    expect(outcomes.slice(0, 2).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    const failures = outcomes
      .slice(2)
      .map((outcome): unknown => "reason" in outcome && outcome.reason);
    const refusal = { code: "device-gone", hint: expect.stringContaining("list the links anew") };
    expect(failures).toMatchObject([
      { ...refusal, subject: expect.stringContaining(`2001:db8::1/64 dev ${String(device)}`) },
      { ...refusal, subject: expect.stringContaining(`10.5.0.0/16 dev ${String(device)}`) },
      { ...refusal, subject: expect.stringContaining(`2001:db8:5::/48 dev ${String(device)}`) },
      { ...refusal, subject: expect.stringContaining(`proxy 10.0.0.1 dev ${String(device)}`) },
      { ...refusal, subject: expect.stringContaining(`dev ${String(device)} to mtu 1300`) },
    ]);
  });

  it("says what it lacks when it may not change anything", async () => {
    const program = `
      import { createRtnetlink } from ${JSON.stringify(source)};
      await using rtnetlink = createRtnetlink();
      await rtnetlink.start();
      const links = await rtnetlink.links.list();
      process.setuid(65534);
      await rtnetlink.links.set(1, { group: 3 }).catch(({ code, hint }) => console.log(code, hint));`;
    // After setuid, as the package need not be readable for everyone.
    expect(run(program)).toBe("permission run as root, or with CAP_NET_ADMIN in that namespace\n");
  });
});

describe("descriptors", () => {
  it("are all closed again", async () => {
    const before = openFiles();
    for (let round = 0; round < 3; round += 1) {
      const path = freshPath();
      const netns = await createNetns(path);
      const again = openNetns(path);
      const rtnetlink = createRtnetlink({ netns });
      const monitor = createRtnetlinkMonitor({ netns });
      await Promise.all([rtnetlink.start(), monitor.start()]);
      await sysctl(netns).set("net/ipv4/ip_forward", 1);
      await rtnetlink.links.add({ name: "v0", kind: "veth", peer: { name: "v1", netns: again } });
      await Promise.all([rtnetlink.close(), monitor.close()]);
      again[Symbol.dispose]();
      netns[Symbol.dispose]();
      await deleteNetns(path);
    }
    expect(openFiles()).toBe(before);
  });

  it("are closed after failures, too", async () => {
    const before = openFiles();
    expect(() => openNetns("/etc/hostname")).toThrow("not a network namespace");
    await expect(createNetns("/proc/nowhere/netns")).rejects.toThrow("create network namespace");
    await expect(sysctl().get("net/none")).rejects.toMatchObject({ code: "not-found" });
    await expect(sysctl().set("net/ipv4/ip_forward", "x")).rejects.toThrow("set sysctl");
    expect(openFiles()).toBe(before);
  });

  it("are closed when a monitor is closed while it starts", async () => {
    const before = openFiles();
    const monitor = createRtnetlinkMonitor();
    const outcomes = await Promise.allSettled([monitor.start(), monitor.close()]);
    expect(outcomes).toMatchObject([
      { status: "rejected", reason: { code: "closed" } },
      { status: "fulfilled" },
    ]);
    expect(openFiles()).toBe(before);
  });

  it("do not reach child processes", async () => {
    await using sandbox = createSandbox();
    const netns = await sandbox.netns();
    await sandbox.rtnetlink(netns);
    const { stdout } = spawnSync("ls", ["-l", "/proc/self/fd"], { encoding: "utf8" });
    expect(stdout).not.toMatch(/net:|NETLINK|netns/);
  });
});

describe("a program", () => {
  it("ends though a service is started and never closed, once its requests are answered", () => {
    const program = `
      import { createRtnetlink } from ${JSON.stringify(source)};
      const rtnetlink = createRtnetlink();
      await rtnetlink.start();
      void rtnetlink.links.get("lo").then(({ name }) => console.log(name));`;
    expect(run(program)).toBe("lo\n");
  });

  it("goes on while a monitor is started, and ends when it is closed", () => {
    const program = `
      import { createRtnetlinkMonitor } from ${JSON.stringify(monitorSource)};
      const monitor = createRtnetlinkMonitor();
      await monitor.start();
      setTimeout(() => { console.log("still here"); void monitor.close(); }, 50).unref();`;
    expect(run(program)).toBe("still here\n");
  });

  it("ends at once when it says so, with sockets open and requests under way", () => {
    const program = `
      import { createRtnetlink } from ${JSON.stringify(source)};
      import { createRtnetlinkMonitor } from ${JSON.stringify(monitorSource)};
      const rtnetlink = createRtnetlink();
      const monitor = createRtnetlinkMonitor();
      await Promise.all([rtnetlink.start(), monitor.start()]);
      void rtnetlink.links.list();
      process.exit(0);`;
    expect(run(program)).toBe("");
  });

  it("can use it in a worker, which can be ended at any moment", async () => {
    const program = `
      import { parentPort } from "node:worker_threads";
      import { createRtnetlink } from ${JSON.stringify(source)};
      import { createRtnetlinkMonitor } from ${JSON.stringify(monitorSource)};
      const rtnetlink = createRtnetlink();
      const monitor = createRtnetlinkMonitor();
      await Promise.all([rtnetlink.start(), monitor.start()]);
      const [link] = await rtnetlink.links.list();
      for (let count = 0; count < 100; count += 1) void rtnetlink.links.list();
      parentPort.postMessage(link.name);`;
    const before = openFiles();
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`), {
      execArgv: ["--conditions=heddle-source"],
    });
    expect(await once(worker, "message")).toEqual(["lo"]);
    await worker.terminate();
    expect(openFiles()).toBe(before);
  });
});
