// Runs a program again and again, so often a second as it is told, on the CPU that it was started on.
//
//   node ring-sender.ts PROGRAM-ID EVENTS-PER-SECOND SECONDS
import { openProgramById } from "libbpf-napi";

const [id = 0, rate = 0, seconds = 0] = process.argv.slice(2).map(Number);
using program = openProgramById(id);
const data = new Uint8Array(64);
const started = performance.now();
const end = started + 1000 * seconds;
let sent = 0;
for (let now = started; now < end; now = performance.now()) {
  const due = Math.floor((rate * (now - started)) / 1000) - sent;
  // At least a hundred at a time, so that starting a run does not count.
  if (due < 100) continue;
  await program.testRun({ data, repeat: due });
  sent += due;
}
