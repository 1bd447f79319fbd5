import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const fallback = "http://deb.debian.org/debian";

/** Names under which a Debian archive serves its releases; others are third parties' archives. */
const releases = new Set(
  "oldoldstable oldstable stable testing unstable sid bullseye bookworm trixie forky duke".split(
    " ",
  ),
);

interface AptSource {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/**
 * Base addresses of Debian archives, the best first: what this machine's apt uses for the section
 * `main`, then Debian's own content delivery network. Without a slash at the end.
 */
export function debianMirrors(aptDir = "/etc/apt"): readonly string[] {
  const own = aptSources(aptDir)
    .filter((source) => source.components.includes("main") && source.suites.some(isDebianRelease))
    .flatMap((source) => source.uris)
    .filter((uri) => /^https?:\/\//.test(uri))
    .map((uri) => uri.replace(/\/+$/, ""));
  return [...new Set([...own, fallback])];
}

/** Security archives have suites like `trixie-security` and hold only what was fixed. */
function isDebianRelease(suite: string): boolean {
  const [release = "", ...rest] = suite.split(/[-/]/);
  return releases.has(release) && !rest.includes("security");
}

function aptSources(aptDir: string): AptSource[] {
  const folder = join(aptDir, "sources.list.d");
  const names = listFolder(folder).toSorted();
  return [
    ...oneLineSources(readText(join(aptDir, "sources.list"))),
    ...names
      .filter((name) => name.endsWith(".list"))
      .flatMap((name) => oneLineSources(readText(join(folder, name)))),
    ...names
      .filter((name) => name.endsWith(".sources"))
      .flatMap((name) => stanzaSources(readText(join(folder, name)))),
  ];
}

/** `deb [option=value ...] uri suite component...`, see sources.list(5). */
function oneLineSources(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (match === null) return [];
    const [, uri = "", suite = "", components = ""] = match;
    return [{ uris: [uri], suites: [suite], components: words(components) }];
  });
}

/** Paragraphs of `Field: values` lines, see DEB822-STYLE FORMAT in sources.list(5). */
function stanzaSources(text: string): AptSource[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = stanzaFields(stanza);
    const disabled = fields.get("enabled")?.[0] === "no";
    if (disabled || fields.get("types")?.includes("deb") !== true) return [];
    return [
      {
        uris: fields.get("uris") ?? [],
        suites: fields.get("suites") ?? [],
        components: fields.get("components") ?? [],
      },
    ];
  });
}

function stanzaFields(stanza: string): Map<string, readonly string[]> {
  const fields = new Map<string, readonly string[]>();
  const uncommented = stanza.replaceAll(/^#.*\n?/gm, "");
  for (const match of uncommented.matchAll(/^([A-Za-z-]+):(.*(?:\n[ \t].*)*)/gm)) {
    const [, name = "", value = ""] = match;
    fields.set(name.toLowerCase(), words(value));
  }
  return fields;
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
