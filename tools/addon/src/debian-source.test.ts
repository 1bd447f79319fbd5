import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DebianSource, unpackSource } from "./debian-source.ts";
import { sha256 } from "./download.ts";
import { buildStaticLibrary } from "./static-library.ts";

let cacheDir: string;
let lines: string[];

beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), "hdt-cache-"));
  lines = [];
});

afterEach(() => rmSync(cacheDir, { recursive: true }));

const context = () => ({ cacheDir, report: (line: string) => void lines.push(line) });

/** Puts an archive where a download would have left it. */
function cachedSource(files: Readonly<Record<string, string>>): DebianSource {
  const folder = join(cacheDir, "made");
  mkdirSync(join(folder, "top-1.0"), { recursive: true });
  mkdirSync(join(cacheDir, "sources"), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, "top-1.0", name), content);
  }
  const archive = join(cacheDir, "sources", "top_1.0.orig.tar.gz");
  execFileSync("tar", ["-czf", archive, "-C", folder, "top-1.0"]);
  const path = "pool/main/t/top/top_1.0.orig.tar.gz";
  return { name: "top", version: "1.0", path, sha256: sha256(readFileSync(archive)) };
}

describe("unpackSource", () => {
  it("unpacks a cached archive once", async () => {
    const source = cachedSource({ "a.c": "int a;\n" });
    const folder = await unpackSource(source, context());
    expect(readFileSync(join(folder, "a.c"), "utf8")).toBe("int a;\n");
    expect(await unpackSource(source, context())).toBe(folder);
    expect(lines).toEqual(["unpack top 1.0"]);
  });
});

describe("download", () => {
  const content = "the archive";
  let server: Server;
  let base: string;

  beforeEach(async () => {
    server = createServer((request, response) => {
      const [, mirror = ""] = (request.url ?? "").split("/");
      if (mirror === "moved") response.writeHead(302, { location: "/good/x" }).end();
      else if (mirror === "good") response.end(content);
      else if (mirror === "altered") response.end("something else");
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    base = typeof address === "object" ? `http://127.0.0.1:${String(address?.port)}` : "";
  });

  afterEach(() => new Promise((resolve) => void server.close(resolve)));

  const source = { name: "top", version: "1.0", path: "pool/top.tar", sha256: sha256(content) };
  const from = (...mirrors: readonly string[]) => ({
    ...context(),
    mirrors: mirrors.map((mirror) => `${base}/${mirror}`),
  });

  it("goes to the next mirror when one lacks the file or altered it, and follows redirects", async () => {
    // The content is no tar archive: what comes after a successful download fails.
    const unpacking = unpackSource(source, from("missing", "altered", "moved"));
    await expect(unpacking).rejects.toThrow(/tar -xf/);
    expect(readFileSync(join(cacheDir, "sources/top.tar"), "utf8")).toBe(content);
    expect(lines.filter((line) => line.startsWith("failed")).length).toBe(2);
  });

  it("refuses a file with another digest and keeps nothing of it", async () => {
    const unpacking = unpackSource(source, from("altered"));
    await expect(unpacking).rejects.toThrow(
      new RegExp(`its SHA-256 is ${sha256("something else")}, expected ${sha256(content)}`),
    );
    expect(existsSync(join(cacheDir, "sources/top.tar"))).toBe(false);
  });
});

describe("buildStaticLibrary", () => {
  it("compiles once, and again when a flag changes", async () => {
    const source = cachedSource({ "a.c": "#include <config.h>\nint a(void) { return ANSWER; }\n" });
    const library = {
      source,
      compile: ["."],
      includes: [],
      flags: [],
      config: "#define ANSWER 42\n",
    };
    const first = await buildStaticLibrary(library, context());
    expect(execFileSync("nm", [first], { encoding: "utf8" })).toContain(" T a");
    const steps = lines.length;
    expect(await buildStaticLibrary(library, context())).toBe(first);
    expect(lines.length).toBe(steps);
    expect(await buildStaticLibrary({ ...library, flags: ["-DX"] }, context())).not.toBe(first);
  });

  it("shows what the compiler said, and leaves nothing that looks finished", async () => {
    const source = cachedSource({ "a.c": "int a(void) { return nonsense; }\n" });
    const library = { source, compile: ["a.c"], includes: [], flags: [] };
    await expect(buildStaticLibrary(library, context())).rejects.toThrow(/'nonsense' undeclared/);
    expect(existsSync(join(cacheDir, "static"))).toBe(true);
    await expect(buildStaticLibrary(library, context())).rejects.toThrow(/'nonsense' undeclared/);
  });
});
