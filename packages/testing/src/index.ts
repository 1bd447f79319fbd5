/**
 * Fixtures for tests against a kernel: namespaces and wires, pins, and waiting without sleeping.
 *
 * @module
 */
export { createPinFolder, type PinFolder } from "./pin-folder.ts";
export { requireFeature, type SkippableTest } from "./require-feature.ts";
export { createTestNetns, joinNetns, type TestNetns, type TestWire } from "./test-netns.ts";
export { waitUntil } from "./wait-until.ts";
