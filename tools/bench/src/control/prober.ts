// Waits for somebody to answer, in the network namespace that it is started in: told an address, it tries to
// connect every millisecond, and tells when the first answer came. A refusal is one: it comes from the
// other side's kernel, which needs no server for it.
import { connect, type Socket } from "node:net";

/** A port that nobody listens on (RFC 863). */
const port = 9;

process.on("message", (address) => {
  if (typeof address === "string") untilAnswer(address);
});
process.on("disconnect", () => process.exit());

function untilAnswer(address: string): void {
  const attempts = new Set<Socket>();
  const timer = setInterval(() => {
    const socket = connect(port, address);
    attempts.add(socket);
    socket.on("error", (error) => {
      attempts.delete(socket);
      if (!("code" in error) || error.code !== "ECONNREFUSED") return;
      const time = String(process.hrtime.bigint());
      clearInterval(timer);
      for (const other of attempts) other.destroy();
      process.send?.({ address, time });
    });
  }, 1);
}
