import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execFileSync } from "node:child_process";
import { describe, expect, it, onTestFinished } from "vitest";
import { createSandbox, freshPath, ip } from "../test/sandbox.ts";
import { createNetns, currentNetns, deleteNetns, listNetns, openNetns, sysctl } from "./index.ts";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "hdt-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe("a network namespace", () => {
  it("is made, seen by ip, opened again, and deleted", async () => {
    const path = freshPath();
    onTestFinished(async () => void (await deleteNetns(path)));
    using own = currentNetns();
    using made = await createNetns(path);
    using opened = openNetns(path);
    expect(opened.inode).toBe(made.inode);
    expect(opened.inode).not.toBe(own.inode);
    expect(execFileSync("ip", ["netns", "list"], { encoding: "utf8" })).toContain(basename(path));
    expect(ip(made, "-j link show lo")).toContain('"operstate":"DOWN"');
    expect(await deleteNetns(path)).toBe(true);
    expect(existsSync(path)).toBe(false);
    expect(await deleteNetns(path)).toBe(false);
  });

  it("made by ip is opened, and is deleted for ip as well", async () => {
    const path = freshPath();
    execFileSync("ip", ["netns", "add", basename(path)]);
    onTestFinished(async () => void (await deleteNetns(path)));
    openNetns(path)[Symbol.dispose]();
    expect(await deleteNetns(path)).toBe(true);
    expect(execFileSync("ip", ["netns", "list"], { encoding: "utf8" })).not.toContain(
      basename(path),
    );
  });

  it("leaves the process where it was", async () => {
    using before = currentNetns();
    await using sandbox = createSandbox();
    const netns = await sandbox.netns();
    await sysctl(netns).get("net/ipv4/ip_forward");
    const rtnetlink = await sandbox.rtnetlink(netns);
    await rtnetlink.links.list();
    using after = currentNetns();
    expect(after.inode).toBe(before.inode);
  });

  it("is not made where there is one of this name, and says what to do", async () => {
    await using sandbox = createSandbox();
    const { path } = await sandbox.netns();
    await expect(createNetns(path)).rejects.toMatchObject({
      code: "exists",
      errno: "EEXIST",
      hint: expect.stringContaining("deleteNetns"),
    });
  });

  it("is made in any folder, which is made as well, without a further mount", async () => {
    const folder = join(temporaryFolder(), "netns");
    const path = join(folder, "netns");
    using netns = await createNetns(path);
    onTestFinished(async () => void (await deleteNetns(path)));
    expect(listNetns(folder)).toEqual([{ name: "netns", path, inode: netns.inode }]);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(` ${folder} `);
  });

  it("shares the folder of ip netns, so that other mount namespaces see its end", async () => {
    await using sandbox = createSandbox();
    await sandbox.netns();
    const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
    expect(mounts.find((line) => line.includes(" /run/netns "))).toContain(" shared:");
  });

  it("leaves a file behind when it ends in another way: it is listed, refused, and removed", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "leftover");
    writeFileSync(path, "");
    expect(listNetns(folder)).toEqual([{ name: "leftover", path, inode: undefined }]);
    expect(() => openNetns(path)).toThrow(
      expect.objectContaining({
        code: "namespace-missing",
        reason: "the file is not a network namespace",
      }),
    );
    await expect(createNetns(path)).rejects.toMatchObject({ code: "exists" });
    expect(await deleteNetns(path)).toBe(true);
    expect(listNetns(folder)).toEqual([]);
  });

  it("with several mounts on one another is deleted whole", async () => {
    const path = freshPath();
    onTestFinished(async () => void (await deleteNetns(path)));
    using netns = await createNetns(path);
    const source = `/proc/${String(process.pid)}/fd/${String(netns.fd)}`;
    execFileSync("mount", ["--bind", source, path]);
    expect(await deleteNetns(path)).toBe(true);
    expect(existsSync(path)).toBe(false);
  });

  it("is the only thing that is deleted", async () => {
    const path = join(temporaryFolder(), "precious");
    writeFileSync(path, "content");
    await expect(deleteNetns(path)).rejects.toMatchObject({ code: "invalid" });
    expect(readFileSync(path, "utf8")).toBe("content");
  });

  it("that is missing is named", () => {
    expect(() => openNetns("/run/netns/hdt-none")).toThrow(
      expect.objectContaining({
        code: "namespace-missing",
        message: expect.stringContaining("open network namespace /run/netns/hdt-none"),
      }),
    );
    expect(listNetns("/run/hdt-no-such-folder")).toEqual([]);
  });

  it("of another kind is none", () => {
    expect(() => openNetns("/proc/self/ns/uts")).toThrow("the file is not a network namespace");
  });

  it("cannot be used once its handle is disposed of", async () => {
    await using sandbox = createSandbox();
    const netns = await sandbox.netns();
    netns[Symbol.dispose]();
    netns[Symbol.dispose]();
    expect(() => netns.fd).toThrow(expect.objectContaining({ code: "closed" }));
    await expect(sysctl(netns).get("net/ipv4/ip_forward")).rejects.toMatchObject({
      code: "closed",
    });
  });

  it("that ended while a descriptor was used says so", () => {
    const fd = openSync("/dev/null", "r");
    closeSync(fd);
    expect(() => openNetns(`/proc/self/fd/${String(fd)}`)).toThrow(
      expect.objectContaining({ code: "namespace-missing" }),
    );
  });
});

describe("settings", () => {
  it("are those of the namespace", async () => {
    await using sandbox = createSandbox();
    const [left, right] = [await sandbox.netns(), await sandbox.netns()];
    const key = "net/ipv4/conf/all/proxy_arp";
    await sysctl(left).set(key, 1);
    expect(await sysctl(left).get(key)).toBe("1");
    expect(await sysctl(right).get(key)).toBe("0");
    const seenByIp = ["netns", "exec", basename(left.path), "cat", `/proc/sys/${key}`];
    expect(execFileSync("ip", seenByIp, { encoding: "utf8" })).toBe("1\n");
  });

  it("of the process's own namespace are those that /proc shows", async () => {
    const key = "net/ipv4/tcp_rmem";
    expect(await sysctl().get(key)).toBe(readFileSync(`/proc/sys/${key}`, "utf8").trimEnd());
  });

  it("that are longer than the kernel takes are not cut short silently", async () => {
    await using sandbox = createSandbox();
    const settings = sysctl(await sandbox.netns());
    const ports = Array.from({ length: 1500 }, (_, index) => String(40_000 + 2 * index)).join();
    const setting = settings.set("net/ipv4/ip_local_reserved_ports", ports);
    await expect(setting).rejects.toMatchObject({ code: "invalid", errno: "EMSGSIZE" });
  });

  it("that do not exist are named", async () => {
    await using sandbox = createSandbox();
    const netns = await sandbox.netns();
    const settings = sysctl(netns);
    await expect(settings.get("net/ipv4/conf/eth0/forwarding")).rejects.toMatchObject({
      code: "not-found",
      subject: `net/ipv4/conf/eth0/forwarding in namespace ${netns.path}`,
      reason: "there is no such setting",
    });
  });

  it("that the kernel refuses are named with the value", async () => {
    await using sandbox = createSandbox();
    const settings = sysctl(await sandbox.netns());
    await expect(settings.set("net/ipv4/ip_forward", "maybe")).rejects.toMatchObject({
      code: "invalid",
      errno: "EINVAL",
      subject: expect.stringMatching(/^net\/ipv4\/ip_forward in namespace .* to maybe$/),
    });
  });
});
