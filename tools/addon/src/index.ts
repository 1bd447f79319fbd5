/**
 * Compiles a Node-API addon in C with the machine's compiler, and the static libraries that it needs
 * from pinned Debian source archives.
 *
 * @module
 */
export { type AddonOptions, buildAddon } from "./build-addon.ts";
export { type BuildContext, type DebianSource, publish, unpackSource } from "./debian-source.ts";
export { hostTarget, targetNamed } from "./target.ts";
export { buildStaticLibrary, type StaticLibrary } from "./static-library.ts";
