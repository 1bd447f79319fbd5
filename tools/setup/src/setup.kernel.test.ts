import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const setup = fileURLToPath(new URL("setup.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "heddle-setup-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the set-up by a shell command; `$0` stands for node, `$1` for the script, `$2` for a folder. */
function run(script: string): { readonly status: number | null; readonly stderr: string } {
  const args = ["-c", script, process.execPath, setup, folder];
  const env = { ...process.env, npm_lifecycle_event: "check" };
  return spawnSync("sh", args, { encoding: "utf8", env });
}

describe("the set-up refuses", () => {
  it("to go on without root, and says how to get it", () => {
    const { status, stderr } = run('exec setpriv --reuid=65534 --clear-groups "$0" "$1"');
    expect(status).toBe(1);
    expect(stderr).toBe(
      "setup: this needs root: it loads BPF programs and makes network namespaces\n" +
        "setup: run it as root: sudo npm run check\n",
    );
  });

  it("to install on another distribution, and says what is missing and what for", () => {
    writeFileSync(join(folder, "os-release"), 'PRETTY_NAME="Fedora Linux 43"\nID=fedora\n');
    const { status, stderr } = run(
      'exec unshare -m sh -c \'mount --bind "$2/os-release" /etc/os-release && PATH=/nowhere exec "$0" "$1"\' "$0" "$1" "$2"',
    );
    expect(status).toBe(1);
    expect(stderr).toContain("Fedora Linux 43 is none that this script installs on");
    expect(stderr).toContain("Debian 12 and 13");
    expect(stderr).toContain("setup:   clang-19 (Debian: clang-19), for the BPF programs\n");
    expect(stderr).toContain("setup:   ip (Debian: iproute2), for the tests");
    expect(stderr).not.toContain("apt-get");
  });

  it("a kernel without type information, and says which to boot", () => {
    const { status, stderr } = run(
      'exec unshare -m sh -c \'mount -t tmpfs none /sys/kernel/btf && exec "$0" "$1"\' "$0" "$1"',
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/vmlinux is missing: .*boot one of the distribution's kernels/);
  });
});
