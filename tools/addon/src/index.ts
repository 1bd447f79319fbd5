/**
 * Compiles a Node-API addon in C with the machine's compiler, and the static libraries that it needs
 * from pinned Debian source archives.
 *
 * @module
 */
export { type AddonOptions, buildAddon } from "./build-addon.ts";
export { debianMirrors } from "./debian-mirrors.ts";
export {
  type BuildContext,
  type DebianSource,
  fetchArchive,
  publish,
  unpackSource,
} from "./debian-source.ts";
export { download } from "./download.ts";
export { runTool } from "./run-tool.ts";
export { hostTarget, targetNamed } from "./target.ts";
export { buildStaticLibrary, type StaticLibrary } from "./static-library.ts";
