import type { DebianSource, StaticLibrary } from "@heddle-tools/addon";

/** What the addon carries inside itself: the versions of Debian 13 (trixie). */
export const libbpfSource: DebianSource = {
  name: "libbpf",
  version: "1.5.0",
  path: "pool/main/libb/libbpf/libbpf_1.5.0.orig.tar.gz",
  sha256: "53492aff6dd47e4da04ef5e672d753b9743848bdb38e9d90eafbe190b7983c44",
};
export const elfutilsSource: DebianSource = {
  name: "elfutils",
  version: "0.192",
  path: "pool/main/e/elfutils/elfutils_0.192.orig.tar.bz2",
  sha256: "616099beae24aba11f9b63d86ca6cc8d566d968b802391334c91df54eab416b4",
};
export const zlibSource: DebianSource = {
  name: "zlib",
  version: "1.3.1",
  path: "pool/main/z/zlib/zlib_1.3.dfsg+really1.3.1.orig.tar.gz",
  sha256: "60dd315c07f616887caa029408308a018ace66e3d142726a97db164b3b8f69fb",
};

/**
 * libelf alone of elfutils. Threads never share a descriptor, so its locks stay off; compression is
 * zlib's only.
 */
const elfutilsConfig = `
#define HAVE_STDATOMIC_H 1
#define HAVE_VISIBILITY 1
#define HAVE_FALLTHROUGH 1
#define HAVE_DECL_MEMPCPY 1
#define HAVE_DECL_REALLOCARRAY 1
#include <features.h>
#ifdef __GLIBC__
#define HAVE_ERROR_H 1
#define HAVE_DECL_RAWMEMCHR 1
#define HAVE_DECL_POWEROF2 1
#else
#define HAVE_ERR_H 1
#define HAVE_DECL_RAWMEMCHR 0
#define HAVE_DECL_POWEROF2 0
#endif
#include <eu-config.h>
`;

/** Folders of the unpacked sources whose headers the other libraries need. */
export interface SourceFolders {
  readonly zlib: string;
  readonly elfutils: string;
}

/** In the order in which a linker wants them: each before those that it uses. */
export function staticLibraries(folders: SourceFolders): readonly StaticLibrary[] {
  return [
    {
      source: libbpfSource,
      compile: ["src"],
      includes: ["src", "include", "include/uapi", `${folders.elfutils}/libelf`, folders.zlib],
      flags: ["-D_LARGEFILE64_SOURCE", "-D_FILE_OFFSET_BITS=64"],
    },
    {
      source: elfutilsSource,
      compile: ["libelf", "lib/eu-search.c"],
      includes: ["libelf", "lib", folders.zlib],
      flags: ["-std=gnu99", "-D_GNU_SOURCE", "-DHAVE_CONFIG_H"],
      config: elfutilsConfig,
    },
    {
      source: zlibSource,
      compile: ["."],
      includes: ["."],
      flags: ["-D_LARGEFILE64_SOURCE", "-DHAVE_HIDDEN", "-DHAVE_UNISTD_H", "-DHAVE_STDARG_H"],
    },
  ];
}
