import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestNetns } from "@heddle/testing";
import { expect, it } from "vitest";
import { probeServer, untilListening } from "../containers.ts";
import { enter, refOf } from "../processes.ts";

/** A datagram from 127.0.0.1, port 0, to port 9999, by a raw socket; without a checksum, as UDP may be. */
const sendFromPort0 = `
  use Socket;
  socket(my $raw, AF_INET, SOCK_RAW, 17) or die $!;
  send($raw, pack("nnnna*", 0, 9999, 10, 0, "hi"), 0, sockaddr_in(0, inet_aton("127.0.0.1"))) or die $!;
`;

it("the probe server lives on after a datagram that cannot be answered", async () => {
  await using netns = await createTestNetns("probe");
  const folder = mkdtempSync(join(tmpdir(), "heddle-probe-"));
  const control = join(folder, "control.sock");
  const server = [...probeServer(), "--udp", "9999", "--control", control];
  const [program = "", ...args] = enter(netns.path, undefined, server);
  const child = spawn(program, args, { stdio: "inherit" });
  try {
    await untilListening(control, refOf(child.pid ?? 0) ?? { pid: 0, started: "" });
    await netns.run("perl", "-e", sendFromPort0);
    // It is read before this one, which is answered.
    const question = `
      const socket = require("node:dgram").createSocket("udp4");
      socket.on("message", (text) => socket.close(() => console.log(String(text))));
      setTimeout(() => process.exit(1), 5000).unref();
      socket.send("who?", 9999, "127.0.0.1");`;
    expect(await netns.run(process.execPath, "-e", question)).toMatch(/ 127\.0\.0\.1:\d+\n/);
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
});
