import { agentOptions, flagOf } from "@heddle/agent/options";
import { describe, expect, it, vi } from "vitest";
import { runHere } from "./testing/test-terminal.ts";

const absent = "/nowhere/agent.sock";

describe("heddle", () => {
  it("lists its commands and where it finds the agent", async () => {
    const { code, stdout } = await runHere(["--help"]);
    expect(code).toBe(0);
    for (const name of ["agent", "status", "endpoints", "observe", "table", "bpf", "doctor"]) {
      expect(stdout).toMatch(new RegExp(`^  ${name} .*[A-Z].*\\.$`, "m"));
    }
    expect(stdout).toContain(agentOptions.socket.shownDefault);
    expect(stdout).toContain(agentOptions.pinRoot.shownDefault);
  });

  it("tells its release", async () => {
    const { code, stdout } = await runHere(["--version"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("describes a command by help as by --help", async () => {
    const { code, stdout } = await runHere(["help", "bpf", "dump"]);
    expect(code).toBe(0);
    expect(stdout).toContain("Usage: heddle bpf dump [options] <MAP>");
    expect(stdout).toContain("--socket <PATH>");
    expect(stdout).not.toContain("--version");
    expect(await runHere(["bpf", "dump", "--help"])).toEqual({ code, stdout, stderr: "" });
  });

  it.each<[string[], string]>([
    [[], "Usage: heddle [options] [command]"],
    [["bpf"], "Usage: heddle bpf [options] [command]"],
    [["stauts"], "heddle: unknown command 'stauts'\n(Did you mean status?)"],
    [["status", "more"], "heddle: too many arguments for 'status'"],
    [["status", "--fast"], "heddle: unknown option '--fast'"],
    [["status", "-o", "xml"], "heddle: option '-o, --output <FORMAT>' argument 'xml' is invalid"],
    [["status", "--socket"], "heddle: option '--socket <PATH>' argument missing"],
    [["observe", "--last", "-1"], "argument '-1' is invalid. It is a number."],
    [["observe", "--limit", "ten"], "argument 'ten' is invalid. It is a number."],
    [["observe", "--pod", "a/b/c"], "argument 'a/b/c' is invalid. It is written NAMESPACE/POD."],
    [["bpf", "dump"], "heddle: missing required argument 'MAP'"],
    [["lab", "up", "--nodes", "0"], "heddle: plan lab with nodes 0: a lab has 1 to 32 nodes"],
    [["lab", "up", "--nodes", "two"], "argument 'two' is invalid. It is not a number."],
    [["lab", "down", "--name", "../../tmp/x"], 'heddle: name lab "../../tmp/x": a lab\'s name is'],
    [["lab", "pods", "--name", ""], 'heddle: name lab "": a lab\'s name is'],
    [["lab", "apply"], "heddle: required option '-f, --filename"],
    [["table", "show"], "heddle: missing required argument 'NAME'"],
  ])("does not understand %j", async (args, message) => {
    const { code, stdout, stderr } = await runHere(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });

  it.each([
    [["status"]],
    [["endpoints"]],
    [["table", "list"]],
    [["table", "watch", "nodes"]],
    [["observe"]],
  ])("%j needs an agent", async (args) => {
    const { code, stdout, stderr } = await runHere([...args, "--socket", absent]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe(
      `heddle: ask agent at ${absent}: there is no such socket (start the agent, or choose its socket by --socket or HEDDLE_SOCKET)\n`,
    );
  });

  it("takes global options anywhere, and from the environment", async () => {
    vi.stubEnv("HEDDLE_SOCKET", absent);
    vi.stubEnv("HEDDLE_PIN_ROOT", "/nowhere/pins");
    expect((await runHere(["status"])).stderr).toContain(`ask agent at ${absent}`);
    expect((await runHere(["--socket", "/else", "status"])).stderr).toContain("agent at /else:");
    const maps = await runHere(["bpf", "maps"]);
    expect(maps.code).toBe(1);
    expect(maps.stderr).toBe(
      "heddle: look into /nowhere/pins: nothing is pinned there (has an agent run on this node? another folder is chosen by --pin-root or HEDDLE_PIN_ROOT)\n",
    );
    vi.unstubAllEnvs();
  });
});

describe("heddle agent", () => {
  it("describes every option of the configuration", async () => {
    const { stdout } = await runHere(["agent", "--help"]);
    const text = stdout.replaceAll(/\s+/g, " ");
    for (const [name, { placeholder, doc, shownDefault }] of Object.entries(agentOptions)) {
      expect(text).toContain(`${flagOf(name)} <${placeholder}> ${doc} (default: ${shownDefault})`);
    }
    expect(text.split("--socket").length).toBe(2);
  });

  it.each<[string[], string]>([
    [[], "heddle: read configuration --objects: it has to be given"],
    [["--objects", "here"], '--objects: "here" is not an absolute path'],
    [
      ["--objects", "/o", "--connection-table", "3"],
      "--connection-table: 3 is not a number from 1024",
    ],
    [["--objects", "/o", "--pin-root", "here"], '--pin-root: "here" is not an absolute path'],
    [["--config", "/nowhere/agent.yaml"], "/nowhere/agent.yaml: ENOENT"],
  ])("refuses %j", async (args, message) => {
    const { code, stdout, stderr } = await runHere(["agent", ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});
