// What the machine has to have. Plain JavaScript without dependencies: it runs before anything is
// installed, on whatever Node the distribution has (18 or newer).
import { accessSync, constants, readFileSync, realpathSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Programs that are called, and the Debian package that has them. */
export const programs = [
  { program: "clang-19", debian: "clang-19", for: "the BPF programs" },
  { program: "gcc", debian: "gcc", for: "the Node addons" },
  { program: "make", debian: "make", for: "the Node addons" },
  { program: "m4", debian: "m4", for: "libelf" },
  { program: "tar", debian: "tar", for: "unpacking libelf, zlib and libbpf" },
  { program: "bzip2", debian: "bzip2", for: "unpacking libelf" },
  { program: "xz", debian: "xz-utils", for: "unpacking sources" },
  { program: "ip", debian: "iproute2", for: "the tests, as an independent witness" },
  { program: "tcpdump", debian: "tcpdump", for: "the tests, as an independent witness" },
  {
    program: "ethtool",
    debian: "ethtool",
    for: "the lab's impaired links, and the tests of checksums",
  },
  { program: "ping", debian: "iputils-ping", for: "the tests, and the lab's examples" },
  { program: "ovs-vsctl", debian: "openvswitch-switch", for: "the tests of Geneve" },
  { program: "clang-format-19", debian: "clang-format-19", for: "the check of the format" },
  { program: "nsenter", debian: "util-linux", for: "the lab" },
];

/** What only some commands need: they name the group, after `--with`. */
export const optionalPrograms = {
  bench: [
    { program: "nft", debian: "nftables", for: "the benchmark's service rules" },
    { program: "iptables-restore", debian: "iptables", for: "the benchmark's service rules" },
    { program: "bridge", debian: "iproute2", for: "the benchmark's tunnel" },
  ],
  kernels: [
    { program: "qemu-system-x86_64", debian: "qemu-system-x86", for: "the kernel matrix" },
    { program: "dpkg-deb", debian: "dpkg", for: "unpacking kernels" },
    { program: "setpriv", debian: "util-linux", for: "the kernel matrix" },
  ],
};

/** Header files that are compiled against. */
export const headers = [
  { path: "/usr/include/stdio.h", debian: "libc6-dev", for: "the Node addons" },
  { path: "/usr/include/linux/if_ether.h", debian: "linux-libc-dev", for: "the BPF programs" },
];

/** Debian releases that the packages above are known to come from. */
export const debianReleases = ["12", "13"];

/** The oldest kernel that Heddle runs on. */
const minimumKernel = [6, 1];

/** @param {string} program */
export function isOnPath(program, path = process.env.PATH ?? "") {
  return pathOf(program, path) !== undefined;
}

/**
 * The file that a program's name stands for, links followed; undefined when there is none.
 * @param {string} program
 */
export function pathOf(program, path = process.env.PATH ?? "") {
  const files = path.split(delimiter).map((folder) => join(folder, program));
  const found = files.find((file) => isExecutable(file));
  return found === undefined ? undefined : realpathSync(found);
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} path */
export function isReadable(path) {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The requirements that are not met, each with what it is for.
 * @param {readonly (keyof typeof optionalPrograms)[]} [groups] of optional programs that are needed, too
 */
export function missingRequirements(groups = []) {
  const needed = [...programs, ...groups.flatMap((group) => optionalPrograms[group])];
  return [
    ...needed.filter(({ program }) => !isOnPath(program)),
    ...headers.filter(({ path }) => !isReadable(path)),
  ];
}

/**
 * The fields of os-release(5).
 * @param {string} text
 * @returns {Record<string, string>}
 */
export function parseOsRelease(text) {
  const fields = text.matchAll(/^([A-Z0-9_]+)=["']?(.*?)["']?$/gm);
  return Object.fromEntries(Array.from(fields, (match) => [match[1], match[2]]));
}

/** The distribution, by its os-release file. */
export function readDistribution(path = "/etc/os-release") {
  const fields = parseOsRelease(isReadable(path) ? readFileSync(path, "utf8") : "");
  const release = fields.VERSION_ID ?? "";
  return {
    name: fields.PRETTY_NAME ?? "an unknown distribution",
    isSupported: fields.ID === "debian" && debianReleases.includes(release),
  };
}

/**
 * What the kernel lacks, with how to get it; empty when it has everything.
 * @param {string} release as `uname -r` prints it
 * @param {{ btf?: string, cgroup?: string }} [places]
 */
export function kernelProblems(release, { btf = "/sys/kernel/btf/vmlinux" } = {}) {
  const problems = [];
  const [major = 0, minor = 0] = release.split(/[.-]/).map(Number);
  if (major < minimumKernel[0] || (major === minimumKernel[0] && minor < minimumKernel[1])) {
    problems.push(
      `Linux ${release} is older than ${minimumKernel.join(".")}, the oldest that Heddle runs on; ` +
        "install a newer one, as Debian 12 has (apt install linux-image-amd64 or -arm64), then reboot",
    );
  }
  if (!isReadable(btf)) {
    problems.push(
      `${btf} is missing: this kernel was built without CONFIG_DEBUG_INFO_BTF; boot one of the distribution's kernels`,
    );
  }
  return problems;
}
