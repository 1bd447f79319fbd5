import { expect, it } from "vitest";
import { faultsIn } from "./faults.ts";

it("tells of processes that the kernel ended, and of nothing else", () => {
  const faults = [
    "[   41.2] node[812]: segfault at 10 ip 00000000011f4 sp 00007ffc error 4 in node[400000+300000]",
    "[   41.3] traps: node[813] trap invalid opcode ip:11f4 sp:7ffc error:0 in node[400000+300000]",
    "[   41.4] Out of memory: Killed process 814 (node) total-vm:9811760kB, anon-rss:63344kB",
  ];
  const others = ["[    0.5] Run /init as init process", "the command ended with 1", ""];
  const log = [...others, ...faults, ...others].join("\r\n");
  expect(faultsIn(log)).toEqual(faults);
});
