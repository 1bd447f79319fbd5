import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import {
  type InterfaceIndex,
  parseIp,
  parsePrefix,
  silentLogger,
  systemClock,
} from "@heddle/contracts";
import { createTestNetns, joinNetns, type TestNetns, waitUntil } from "@heddle/testing";
import { probe, queryClsact, queryTcx } from "libbpf-napi";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  createDeviceConntrack,
  type DeviceConntrack,
  type PortUsage,
  type SourceNatOptions,
} from "./index.ts";

/*
 *   a ─┐
 *      ├─ router ── wire ── transit ── narrow wire ── server
 *   b ─┘
 *
 * Nobody beyond the router has a route to a or b.
 */
const node = { 4: "192.0.2.10", 6: "2001:db8:1::10" } as const;
const transit = { 4: "192.0.2.1", 6: "2001:db8:1::1" } as const;
const server = { 4: "198.51.100.2", 6: "2001:db8:2::2" } as const;
const spared = "198.51.100.7";
const narrow = 1400;
const families = [4, 6] as const;
type Family = (typeof families)[number];

const sourceNat: SourceNatOptions = {
  addresses: [node[4], node[6]].map(parseIp),
  sources: ["10.0.0.0/16", "fd00::/32"].map(parsePrefix),
  exclude: [`${spared}/32`].map(parsePrefix),
};

let stack: AsyncDisposableStack;
let netns: Record<"a" | "b" | "router" | "transit" | "server", TestNetns>;
let outside: InterfaceIndex;

/** Answers with whom it sees. */
const services = `
  const name = (address, port) => address.replace("::ffff:", "") + " " + port;
  require("net").createServer((socket) => {
    socket.on("error", () => {});
    socket.end(name(socket.remoteAddress, socket.remotePort));
  }).listen(80, "::", () => console.log("ready"));
  for (const type of ["udp4", "udp6"]) {
    const echo = require("dgram").createSocket({ type, ipv6Only: type === "udp6" });
    echo.on("message", (data, { address, port }) => {
      echo.send(Buffer.concat([Buffer.from(name(address, port) + "\\n"), data]), port, address);
    });
    echo.bind(53, () => console.log("ready"));
    // Answers whom does not listen any more.
    const late = require("dgram").createSocket({ type, ipv6Only: type === "udp6" });
    late.on("error", ({ code }) => console.log(type + " " + code));
    late.on("message", (data, { address, port }) => {
      late.connect(port, address, () => setTimeout(() => late.send("late"), 50));
    });
    late.bind(54, () => console.log("ready"));
  }`;

const heard: string[] = [];

async function serve(): Promise<ChildProcess> {
  const argv = [`--net=${netns.server.path}`, "--", process.execPath, "-e", services];
  const child = spawn("nsenter", argv, { stdio: ["ignore", "pipe", "inherit"] });
  createInterface(child.stdout).on("line", (line) => heard.push(line));
  await waitUntil("the services", () => heard.length === 5);
  return child;
}

beforeAll(async () => {
  stack = new AsyncDisposableStack();
  const make = async (role: string) => stack.use(await createTestNetns(role));
  netns = {
    a: await make("a"),
    b: await make("b"),
    router: await make("router"),
    transit: await make("transit"),
    server: await make("server"),
  };
  const wires = [
    ["a", "eth0", ["10.0.1.2/24", "fd00:0:1::2/64"], "router", ["10.0.1.1/24", "fd00:0:1::1/64"]],
    ["b", "eth0", ["10.0.2.2/24", "fd00:0:2::2/64"], "router", ["10.0.2.1/24", "fd00:0:2::1/64"]],
    [
      "router",
      "wan",
      [`${node[4]}/24`, `${node[6]}/64`],
      "transit",
      [`${transit[4]}/24`, `${transit[6]}/64`],
    ],
    [
      "server",
      "eth0",
      [`${server[4]}/24`, `${server[6]}/64`, `${spared}/24`],
      "transit",
      ["198.51.100.1/24", "2001:db8:2::1/64"],
    ],
  ] as const;
  for (const [near, device, nearAddresses, far, farAddresses] of wires) {
    const other = `to-${near}`;
    const wire = await joinNetns(
      { netns: netns[near], device },
      { netns: netns[far], device: other },
    );
    await addAll(netns[near], wire.near, nearAddresses);
    await addAll(netns[far], wire.far, farAddresses);
    if (near === "router") outside = wire.near;
    if (near === "server") {
      await netns.server.rtnetlink.links.set(wire.near, { mtu: narrow });
      await netns.transit.rtnetlink.links.set(wire.far, { mtu: narrow });
    }
  }
  for (const side of ["router", "transit"] as const) {
    for (const key of ["ipv4/ip_forward", "ipv6/conf/all/forwarding"]) {
      await netns[side].run("sh", "-c", `echo 1 > /proc/sys/net/${key}`);
    }
  }
  await addDefaults("a", ["10.0.1.1", "fd00:0:1::1"]);
  await addDefaults("b", ["10.0.2.1", "fd00:0:2::1"]);
  await addDefaults("router", [transit[4], transit[6]]);
  await addDefaults("server", ["198.51.100.1", "2001:db8:2::1"]);
  const child = await serve();
  stack.defer(async () => {
    child.kill();
    await once(child, "close");
  });
});
afterAll(async () => stack.disposeAsync());

async function addAll(
  { rtnetlink }: TestNetns,
  device: InterfaceIndex,
  texts: readonly string[],
): Promise<void> {
  for (const text of texts) {
    const [address = "", length] = text.split("/");
    const flags = text.includes(":") ? (["nodad"] as const) : [];
    await rtnetlink.addresses.add({
      device,
      address: parseIp(address),
      prefixLength: Number(length),
      flags,
    });
  }
}

async function addDefaults(side: keyof typeof netns, gateways: readonly string[]): Promise<void> {
  for (const text of gateways) {
    const destination = parsePrefix(text.includes(":") ? "::/0" : "0.0.0.0/0");
    const nextHops = [{ gateway: parseIp(text) }];
    await netns[side].rtnetlink.routes.add({ destination, nextHops });
  }
}

let masquerade: DeviceConntrack;
beforeEach(async () => {
  masquerade = createDeviceConntrack(
    { clock: systemClock, logger: silentLogger },
    { devices: [outside], netns: netns.router.path, ceiling: 1024, sourceNat },
  );
  await masquerade.start();
});
afterEach(async () => masquerade.close());

/** Whom the server sees in a TCP connection. */
async function connect(from: "a" | "b" | "router", family: Family, localPort: number) {
  const script = `require("net").connect({ port: 80, host: "${server[family]}", localPort: ${String(localPort)} })
    .on("data", (data) => console.log(String(data)))`;
  return (await netns[from].run(process.execPath, "-e", script)).trim();
}

/** Whom the server sees in a datagram, and how many bytes came back; "nothing" after a while. */
async function send(
  from: "a" | "b" | "router",
  host: string,
  localPort: number,
  { size = 5, wait = 5000 } = {},
): Promise<string> {
  const script = `
    const type = "${host.includes(":") ? "udp6" : "udp4"}";
    const socket = require("dgram").createSocket({ type, recvBufferSize: 100000 });
    const sendOne = () => socket.send("x".repeat(${String(size)}), 53, "${host}");
    const timer = setTimeout(() => { console.log("nothing"); socket.close(); }, ${String(wait)});
    // A path that is too narrow is told of, but what was sent is lost.
    const again = setInterval(sendOne, 200);
    socket.on("close", () => clearInterval(again));
    socket.on("message", (data) => {
      const [who, rest] = String(data).split("\\n");
      console.log(who, rest.length);
      clearTimeout(timer);
      socket.close();
    });
    socket.bind(${String(localPort)}, sendOne);`;
  return (await netns[from].run(process.execPath, "-e", script)).trim();
}

async function ping(family: Family, ...options: readonly string[]): Promise<string> {
  const command = `ping -${String(family)} -n -c1 -W3 ${options.join(" ")} ${server[family]} 2>&1; true`;
  return await netns.a.run("sh", "-c", command);
}

describe.each(families)("a masquerading router, without an agent, of IPv%i", (family) => {
  it("gives TCP connections its address, and their own port where it is free", async () => {
    expect(await connect("a", family, 40_001)).toBe(`${node[family]} 40001`);
    expect(await connect("a", family, 20_001)).toMatch(
      new RegExp(`^${node[family]} (3[2-9]|[4-6])\\d{3,4}$`),
    );
    const other = await connect("b", family, 40_001);
    expect(other).toMatch(new RegExp(`^${node[family]} \\d+$`));
    expect(other).not.toBe(`${node[family]} 40001`);
  });

  it("gives a connection of its own another port only when a translated one has got it", async () => {
    expect(await connect("router", family, 999)).toBe(`${node[family]} 999`);
    expect(await connect("a", family, 40_002)).toBe(`${node[family]} 40002`);
    const own = await connect("router", family, 40_002);
    expect(own).toMatch(new RegExp(`^${node[family]} \\d+$`));
    expect(own).not.toBe(`${node[family]} 40002`);
    expect(await connect("router", family, 40_003)).toBe(`${node[family]} 40003`);
  });

  it("translates datagrams, also those that go and come back in fragments", async () => {
    expect(await send("a", server[family], 40_001)).toBe(`${node[family]} 40001 5`);
    expect(await send("a", server[family], 40_002, { size: 4000 })).toBe(
      `${node[family]} 40002 4000`,
    );
  });

  it("translates echo requests, and their replies back", async () => {
    expect(await ping(family)).toContain("1 received");
  });

  it("brings errors back: of a hop limit, and of a path that is too narrow", async () => {
    expect(await ping(family, "-t2")).toMatch(
      new RegExp(`From ${transit[family]} icmp_seq=1 Time (to live exceeded|exceeded: Hop limit)`),
    );
    expect(await ping(family, "-Mdo", "-s1420")).toMatch(/mtu(=|: | = )1400/);
    // The path is known now: this one comes in fragments.
    expect(await ping(family, "-Mwant", "-s1420")).toContain("1 received");
  });

  it("carries errors out, to a server that answers whom does not listen any more", async () => {
    const type = family === 4 ? "udp4" : "udp6";
    const script = `const s = require("dgram").createSocket("${type}");
      s.bind(40123, () => s.send("x", 54, "${server[family]}", () => s.close()))`;
    await netns.a.run(process.execPath, "-e", script);
    const error = `${type} ECONNREFUSED`;
    await waitUntil("the error", () => heard.includes(error));
    expect(heard).toContain(error);
  });
});

describe("what it is told to do", () => {
  it("refuses a connection when there is no port left, and warns before", async () => {
    const { connections } = masquerade;
    const warnings: PortUsage[] = [];
    connections.portWarnings.events$.subscribe((usage) => warnings.push(usage));
    await connections.setSourceNat({ ...sourceNat, ports: { first: 40_000, last: 40_002 } });
    const usage = {
      protocol: "udp",
      address: node[4],
      destination: server[4],
      destinationPort: 53,
      capacity: 3,
    };
    for (const port of [1000, 1001]) {
      expect(await send("a", server[4], port)).toMatch(/^192\.0\.2\.10 4000[012] 5$/);
    }
    expect(warnings).toEqual([]);
    expect(await send("b", server[4], 1000)).toMatch(/^192\.0\.2\.10 4000[012] 5$/);
    await waitUntil("a warning", () => warnings.length === 1);
    expect(warnings).toEqual([{ ...usage, used: 3 }]);
    expect(await send("b", server[4], 1001, { wait: 300 })).toBe("nothing");
    expect(connections.counters().refused["ports-exhausted"]).toBeGreaterThan(0);
    const counters = connections.sourceNatCounters();
    expect(counters).toEqual({
      translated: 3,
      leaks: connections.counters().refused["ports-exhausted"],
      uncounted: 0,
    });
    expect(await Array.fromAsync(connections.portUsage())).toEqual([{ ...usage, used: 3 }]);

    // Once what is there has gone, its ports are free, and the next shortage is worth a warning.
    expect(await connections.flush({ protocol: "udp" })).toBe(3);
    expect(await Array.fromAsync(connections.portUsage())).toEqual([]);
    for (const port of [1000, 1001, 1002]) await send("a", server[4], port);
    await waitUntil("another warning", () => warnings.length === 2);
  });

  it("keeps the source towards destinations that are excluded, and of all once it is off", async () => {
    const destination = parsePrefix("10.0.0.0/16");
    const { routes } = netns.transit.rtnetlink;
    await routes.add({ destination, nextHops: [{ gateway: parseIp(node[4]) }] });
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(async () => {
      await routes.delete({ destination });
    });
    expect(await send("a", spared, 40_001)).toBe("10.0.1.2 40001 5");
    expect(await send("a", server[4], 40_003)).toBe("192.0.2.10 40003 5");
    await masquerade.connections.setSourceNat(undefined);
    expect(await send("a", server[4], 40_002)).toBe("10.0.1.2 40002 5");
    // What was there stays as it was.
    expect(await send("a", server[4], 40_003)).toBe("192.0.2.10 40003 5");
  });

  it("is what the example shows", async () => {
    await masquerade.close();
    const example = new URL("../examples/masquerade.ts", import.meta.url).pathname;
    const words = ["wan", node[4], "10.0.0.0/16"];
    const argv = [`--net=${netns.router.path}`, "--", process.execPath, example, ...words];
    const child = spawn("nsenter", argv, { stdio: ["ignore", "pipe", "inherit"] });
    try {
      const place = { netns: netns.router.path };
      await waitUntil("the example to attach", async () => {
        const hasTcx = (await probe("tcx")).supported;
        const query = hasTcx
          ? (await queryTcx(outside, "egress", place)).programs
          : await queryClsact(outside, "egress", place);
        return query.length > 0;
      });
      const lines: string[] = [];
      createInterface(child.stdout).on("line", (line) => lines.push(line));
      expect(await send("b", server[4], 40_001)).toBe("192.0.2.10 40001 5");
      const line = await waitUntil("a line of the example", () => lines[0]);
      expect(line).toBe("198.51.100.2: 1 of 32768 ports");
    } finally {
      child.kill();
      await once(child, "close");
    }
  });
});
