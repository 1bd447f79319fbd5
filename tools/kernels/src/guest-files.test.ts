import { expect, it } from "vitest";
import { parseLibraries } from "./guest-files.ts";

it("the libraries that ldd names are found, and the loader", () => {
  const output = [
    "\tlinux-vdso.so.1 (0x00007f35c9c59000)",
    "\tlibdl.so.2 => /lib/x86_64-linux-gnu/libdl.so.2 (0x00007f35c9c42000)",
    "\tlibgone.so.1 => not found",
    "\t/lib64/ld-linux-x86-64.so.2 (0x00007f35c9c5b000)",
    "",
  ].join("\n");
  expect(parseLibraries(output)).toEqual([
    "/lib/x86_64-linux-gnu/libdl.so.2",
    "/lib64/ld-linux-x86-64.so.2",
  ]);
  expect(parseLibraries("\tstatically linked\n")).toEqual([]);
});
