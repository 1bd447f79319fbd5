import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dial } from "./dial.ts";
import { ProbeServer } from "./probe-server.ts";
import { createHttpForger, createUdpForger } from "../testing/forgers.ts";
import { transfer } from "./transfer.ts";

const folder = mkdtempSync(join(tmpdir(), "heddle-probe-"));
const control = join(folder, "control.sock");
const server = new ProbeServer("web-0");
let port = 0;

beforeAll(async () => {
  port = await freePort();
  await server.listenTcp(port);
  await server.listenUdp(port);
  await server.listenControl(control);
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "::");
  await once(listener, "listening");
  const address = listener.address();
  listener.close();
  await once(listener, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function get(path: string): Promise<{ status: number | undefined; body: string }> {
  const asked = request({ socketPath: control, path }).end();
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number | undefined;
    body: string;
  }>();
  asked.on("error", reject);
  asked.on("response", (response) => {
    let body = "";
    response.setEncoding("utf8");
    response.on("data", (text: string) => (body += text));
    response.on("end", () => resolve({ status: response.statusCode, body }));
  });
  return promise;
}

describe("the probe server", () => {
  it.each([
    ["tcp", "127.0.0.1", /^127\.0\.0\.1:\d+$/],
    ["tcp", "::1", /^\[::1\]:\d+$/],
    ["udp", "127.0.0.1", /^127\.0\.0\.1:\d+$/],
    ["udp", "::1", /^\[::1\]:\d+$/],
  ] as const)("tells a %s client at %s who it is and who asked", async (protocol, host, client) => {
    const result = await dial({ host, port, protocol }, 2000);
    expect(result).toMatchObject({ reached: true, hostname: "web-0" });
    expect(result.reached && result.client).toMatch(client);
    expect(result.reached && result.latency).toBeGreaterThan(0);
  });

  it.each(["tcp", "udp"] as const)("is missed by %s where nobody listens", async (protocol) => {
    const nobody = await freePort();
    const result = await dial({ host: "127.0.0.1", port: nobody, protocol }, 2000);
    expect(result).toEqual({ reached: false, error: expect.stringContaining("ECONNREFUSED") });
  });

  it("answers HTTP and lines on one port", async () => {
    const response = await fetch(`http://127.0.0.1:${String(port)}/hostname`);
    expect(await response.text()).toBe("web-0");
    const socket = createConnection(port, "127.0.0.1").setEncoding("utf8");
    socket.write("hello\n");
    expect(await once(socket, "data")).toEqual([
      expect.stringMatching(/^web-0 127\.0\.0\.1:\d+\n$/),
    ]);
    socket.destroy();
  });

  it("dials for those who ask", async () => {
    const { body } = await get(`/dial?host=127.0.0.1&port=${String(port)}&protocol=udp`);
    expect(JSON.parse(body)).toMatchObject({ reached: true, hostname: "web-0" });
  });

  it.each(["http://a//", "//", "http://[", "/%", "*"])("lives on after %s", async (path) => {
    expect((await get(path)).status).toBe(200);
    expect((await get("/hostname")).body).toBe("web-0");
  });

  it.each(["tcp", "udp"])("tells that a %s client finds no such host", async (protocol) => {
    const { body } = await get(`/dial?host=no.such.invalid&port=1&protocol=${protocol}`);
    expect(JSON.parse(body)).toEqual({ reached: false, error: expect.any(String) });
  });

  it.each(["tcp", "udp"])(
    "compares what comes back over %s, for those who ask",
    async (protocol) => {
      const target = `host=::1&port=${String(port)}&protocol=${protocol}`;
      const { body } = await get(`/transfer?${target}&bytes=50000`);
      expect(JSON.parse(body)).toEqual({ reached: true, sent: 1, tooLarge: false });
    },
  );

  it.each(["tcp", "udp"] as const)("tells when other bytes come back over %s", async (protocol) => {
    using forger = await (protocol === "tcp" ? createHttpForger() : createUdpForger());
    const target = { host: "127.0.0.1", port: forger.port, protocol };
    const error = "other bytes came back: 1000 bytes for 1000";
    expect(await transfer(target, 1000, 2000)).toEqual({ reached: false, error });
  });

  it("sends a datagram again until there is an answer, and gives up in time", async () => {
    using silent = await createUdpForger(1);
    const target = { host: "127.0.0.1", port: silent.port, protocol: "udp" } as const;
    expect(await transfer(target, 100, 5000)).toMatchObject({
      reached: false,
      error: expect.stringContaining("other bytes"),
    });
    using mute = await createUdpForger(Number.POSITIVE_INFINITY);
    const result = await transfer({ ...target, port: mute.port }, 100, 50);
    expect(result).toEqual({ reached: false, error: "not in 50 ms" });
  });

  it.each(["bytes=0", "bytes=7&protocol=udp", "bytes=65508&protocol=udp", "bytes=x", "bytes=1e9"])(
    "refuses a transfer of %s",
    async (query) => {
      const { status, body } = await get(`/transfer?host=::1&port=1&${query}`);
      expect(status).toBe(400);
      expect(body).toContain("transfer needs host, port, bytes from");
    },
  );

  it("refuses a dial without a target", async () => {
    const { status, body } = await get("/dial?host=127.0.0.1&port=0");
    expect(status).toBe(400);
    expect(body).toContain("dial needs host");
  });
});
