import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { connectionsForMemory } from "@heddle/conntrack/table-size";
import { afterAll, describe, expect, it } from "vitest";
import { agentOptions, flagOf } from "./agent-config.ts";
import { ConfigError } from "./config-error.ts";
import { readConfig } from "./read-config.ts";

const folder = mkdtempSync(join(tmpdir(), "heddle-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, "agent.yaml");
  writeFileSync(path, text);
  return path;
}

function failure(flags: Readonly<Record<string, string>>, text?: string): ConfigError {
  try {
    readConfig(flags, text === undefined ? undefined : file(text));
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("the configuration", () => {
  it("has a default for everything but the objects", () => {
    expect(readConfig({ objects: "/objects" })).toEqual({
      nodeName: hostname(),
      objects: "/objects",
      socket: "/run/heddle/agent.sock",
      pinRoot: "/sys/fs/bpf/heddle",
      devices: [],
      proxyDevices: [],
      attachment: "auto",
      routing: "direct",
      underlay: "ipv4",
      tunnelChecksum: "zero",
      clusterId: 0,
      masquerade: "on",
      masqueradeExclude: [],
      maxEndpoints: 4096,
      connectionTable: connectionsForMemory(totalmem()),
      maxConnections: undefined,
      establishedTimeout: 8000,
      openingTimeout: 60,
      closingTimeout: 10,
      otherTimeout: 60,
      fragmentTimeout: 30,
      addressStrategy: "first-free",
      addressCoolDown: 0,
      logLevel: "info",
      logFormat: "text",
    });
  });

  it("is what the command line says, then what the file says", () => {
    const path = file("objects: /from-file\nmaxConnections: 2048\ndevices: [eth0, eth1]\n");
    const config = readConfig({ objects: "/from-flag", addressCoolDown: "30" }, path);
    expect(config).toMatchObject({
      objects: "/from-flag",
      maxConnections: 2048,
      devices: ["eth0", "eth1"],
      addressCoolDown: 30,
    });
    expect(readConfig({ objects: "/o", devices: "eth0,eth1" }).devices).toEqual(["eth0", "eth1"]);
    expect(readConfig({ objects: "/o", proxyDevices: "eth1" }).proxyDevices).toEqual(["eth1"]);
    const masqueradeExclude = "10.0.0.0/8,fd00::/8";
    expect(readConfig({ objects: "/o", masqueradeExclude }).masqueradeExclude).toEqual([
      "10.0.0.0/8",
      "fd00::/8",
    ]);
  });

  it.each<[Record<string, string>, string | undefined, string]>([
    [{}, undefined, "read configuration --objects: it has to be given"],
    [{ objects: "here" }, undefined, '--objects: "here" is not an absolute path'],
    [
      { objects: "/o", connectionTable: "12" },
      undefined,
      "--connection-table: 12 is not a number from 1024",
    ],
    [
      { objects: "/o", maxConnections: "many" },
      undefined,
      '--max-connections: "many" is not a number',
    ],
    [
      { objects: "/o", maxConnections: "4096", connectionTable: "2048" },
      undefined,
      "--max-connections: 4096 is more than connectionTable, which is 2048",
    ],
    [
      { objects: "/o", openingTimeout: "8001" },
      undefined,
      "--opening-timeout: 8001 is more than establishedTimeout, which is 8000",
    ],
    [
      { objects: "/o" },
      "establishedTimeout: 30",
      "agent.yaml: 30 is less than openingTimeout, which is 60",
    ],
    [
      { objects: "/o", closingTimeout: "61", establishedTimeout: "60" },
      undefined,
      "--closing-timeout: 61 is more than establishedTimeout, which is 60",
    ],
    [{ objects: "/o", otherTimeout: "0" }, undefined, "--other-timeout: 0 is not a number from 1"],
    [
      { objects: "/o", logLevel: "loud" },
      undefined,
      '--log-level: "loud" is not one of debug, info',
    ],
    [{ objects: "/o" }, "nodeName: ''", "nodeName in"],
    [{ objects: "/o" }, "proxyDevices: eth 0", "empty, or with white space"],
    [{ objects: "/o", masquerade: "yes" }, undefined, '--masquerade: "yes" is not one of on, off'],
    [
      { objects: "/o", masqueradeExclude: "10.0.0.0/8,10.0.0.1/8" },
      undefined,
      "--masquerade-exclude: ",
    ],
    [{ objects: "/o" }, "masqueradeExclude: [5]", "not a prefix"],
    [{ objects: "/o" }, "maxEndpoints: 1.5", "1.5 is not a number from 1 to 65535"],
    [{ objects: "/o" }, "maxConnection: 5", "there is no such option (there are nodeName, objects"],
    [{ objects: "/o" }, "toString: 5", "toString in "],
    [{ objects: "/o" }, "toString: 5", "there is no such option (there are nodeName, objects"],
    [{ objects: "/o" }, "- a\n- b", "its top level is not a mapping"],
    [{ objects: "/o" }, "a: [", "agent.yaml: "],
  ])("refuses %j with the file %j", (flags, text, message) => {
    expect(failure(flags, text).message).toContain(message);
  });

  it("cannot be read from a file that is not there", () => {
    const missing = join(folder, "missing.yaml");
    expect(() => readConfig({ objects: "/o" }, missing)).toThrow(/missing\.yaml: ENOENT/);
  });

  it("describes every option in a sentence", () => {
    for (const [name, { doc, placeholder, shownDefault }] of Object.entries(agentOptions)) {
      expect(`${name}: ${doc}`).toMatch(/: [A-Z].*\.$/);
      expect(placeholder).not.toBe("");
      expect(shownDefault).not.toBe("");
    }
    expect(flagOf("addressCoolDown")).toBe("--address-cool-down");
  });
});
