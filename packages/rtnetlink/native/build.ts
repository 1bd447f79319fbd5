/**
 * Compiles the addon into `prebuilds/`: `npm run native -w @heddle/rtnetlink [-- TARGET...]`, for this machine
 * or for the targets that are named. Needs a C compiler and the headers that come with Node.
 */
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildAddon, targetNamed } from "@heddle-tools/addon";

const native = import.meta.dirname;
const packageDir = dirname(native);

function sourcesIn(ending: string): string[] {
  return readdirSync(join(native, "src"))
    .filter((file) => file.endsWith(ending))
    .toSorted()
    .map((file) => join("native", "src", file));
}

function build(target: string | undefined): string {
  return buildAddon({
    packageDir,
    name: "rtnetlink",
    sources: sourcesIn(".c"),
    inputs: sourcesIn(".h"),
    // uv.h: `napi_get_uv_event_loop` hands out Node's own loop, whose 1.x interface is stable.
    includes: [join(dirname(process.execPath), "..", "include", "node")],
    cacheDir: join(packageDir, "../../.heddle/cache"),
    ...(target === undefined ? {} : { target: targetNamed(target) }),
  });
}

const targets = process.argv.slice(2);
for (const target of targets.length > 0 ? targets : [undefined]) {
  process.stdout.write(`${build(target)}\n`);
}
