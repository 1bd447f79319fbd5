/** Compiles the addon into `prebuilds/`. Needs a C compiler and the headers that come with Node. */
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildAddon } from "@heddle-tools/addon";

const native = import.meta.dirname;
const target = buildAddon({
  packageDir: dirname(native),
  name: "rtnetlink",
  sources: readdirSync(join(native, "src"))
    .filter((file) => file.endsWith(".c"))
    .toSorted()
    .map((file) => join("native", "src", file)),
  // uv.h: `napi_get_uv_event_loop` hands out Node's own loop, whose 1.x interface is stable.
  includes: [join(dirname(process.execPath), "..", "include", "node")],
});
process.stdout.write(`${target}\n`);
