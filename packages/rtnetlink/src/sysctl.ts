import { systemError } from "./errno.ts";
import { nativeAddon } from "./native/addon.ts";
import type { NetnsHandle } from "./netns.ts";
import { RtnetlinkError } from "./rtnetlink-error.ts";

/** The kernel's settings under `/proc/sys/net` as one namespace sees them. */
export interface Sysctl {
  /**
   * The setting's value without the newline at its end.
   *
   * @param key the path below `/proc/sys`: `net/ipv4/ip_forward`
   * @throws {RtnetlinkError} `not-found` for a setting that this kernel, or a device that this namespace, does not have
   */
  get(key: string): Promise<string>;
  /**
   * Changes the setting.
   *
   * @throws {RtnetlinkError} `not-found`, `invalid` for a value that the kernel refuses, `permission`
   */
  set(key: string, value: string | number): Promise<void>;
}

/** The settings of the namespace, or of the calling thread's. */
export function sysctl(netns?: NetnsHandle): Sysctl {
  const subject = (key: string): string =>
    netns === undefined ? key : `${key} in namespace ${netns.path}`;
  return {
    async get(key) {
      const path = pathOf(key);
      try {
        const content = await nativeAddon().readSysctl(netns?.fd ?? -1, path);
        return content.trimEnd();
      } catch (error) {
        throw failure("read sysctl", subject(key), error);
      }
    },
    async set(key, value) {
      const path = pathOf(key);
      try {
        await nativeAddon().writeSysctl(netns?.fd ?? -1, path, String(value));
      } catch (error) {
        throw failure("set sysctl", `${subject(key)} to ${String(value)}`, error);
      }
    },
  };
}

function failure(operation: string, subject: string, cause: unknown): RtnetlinkError {
  const error = systemError({ operation, subject }, cause);
  if (error.code !== "not-found") return error;
  return new RtnetlinkError({
    code: "not-found",
    operation,
    subject,
    reason: "there is no such setting",
    hint: "the kernel lacks the feature that it belongs to, or the namespace the device",
    errno: error.errno,
    cause,
  });
}

/** Slashes, as the names of devices can have dots in them. */
function pathOf(key: string): string {
  const parts = key.split("/");
  const inside = parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (parts[0] === "net" && parts.length > 1 && inside) return `/proc/sys/${key}`;
  throw new RtnetlinkError({
    code: "invalid",
    operation: "name sysctl",
    subject: JSON.stringify(key),
    reason: "it is not a path below net/",
    hint: key.startsWith("net.")
      ? `write ${key.replaceAll(".", "/")}`
      : "write net/ipv4/ip_forward",
  });
}
