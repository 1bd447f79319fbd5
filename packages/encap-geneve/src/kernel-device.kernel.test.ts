import { ipFamilies } from "@heddle/contracts";
import { waitUntil } from "@heddle/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { transfer } from "./testing/transfer.ts";
import { createTunnelEnds, type TunnelEnds } from "./testing/tunnel-ends.ts";

/** Against the kernel's own device of the kind `geneve`, where it has one. */
let ends: TunnelEnds;
beforeEach(async (context) => {
  ends = await createTunnelEnds();
  if (await hasDevice()) return;
  await ends[Symbol.asyncDispose]();
  context.skip("no device of the kind geneve, which is CONFIG_GENEVE");
});
afterEach(async () => ends[Symbol.asyncDispose]());

/** Makes and removes one; a kernel without them refuses the kind. */
async function hasDevice(): Promise<boolean> {
  try {
    await ends.b.run(
      "ip",
      "link",
      "add",
      "probe",
      "type",
      "geneve",
      "id",
      "1",
      "remote",
      "192.0.2.9",
    );
    await ends.b.run("ip", "link", "del", "probe");
    return true;
  } catch (error) {
    if (String(error).includes("Unknown device type")) return false;
    throw error;
  }
}

describe.each(ipFamilies)("over IPv%i", (underlay) => {
  it.each(["without", "with"])("packets are exchanged, %s outer checksums", async (checksums) => {
    const { a, b } = ends;
    const [near, far, length] =
      underlay === 4 ? ["192.0.2.1", "192.0.2.2", "24"] : ["2001:db8::1", "2001:db8::2", "64"];
    const nodad = underlay === 6 ? ["nodad"] : [];
    await a.run("ip", "address", "add", `${near}/${length}`, "dev", "eth0", ...nodad);
    await b.run("ip", "address", "add", `${far}/${length}`, "dev", "eth0", ...nodad);
    const summed = checksums === "with";
    const zero = underlay === 4 ? [summed ? "udpcsum" : "noudpcsum"] : zeroOverIpv6(summed);
    const geneve = ["type", "geneve", "id", "4711", "remote", near, ...zero];
    await b.run("ip", "link", "add", "gnv0", "address", "02:68:65:64:64:6d", ...geneve);
    await b.run("ip", "link", "set", "gnv0", "mtu", "1400", "addrgenmode", "none");
    await b.run("ip", "link", "set", "gnv0", "up");
    await b.run("ip", "address", "add", "10.2.0.1/24", "dev", "gnv0");
    await b.run("ip", "address", "add", "fd00:2::1/64", "dev", "gnv0", "nodad");
    for (const [prefix, gateway] of [
      ["10.1.0.0/24", "10.2.0.254"],
      ["fd00:1::/64", "fd00:2::fe"],
    ] as const) {
      await b.run("ip", "neigh", "add", gateway, "lladdr", "02:68:65:64:64:6c", "dev", "gnv0");
      await b.run("ip", "route", "add", prefix, "via", gateway, "dev", "gnv0");
    }
    const end = await ends.start(a, "a", {
      a: {
        addresses: [near],
        prefixes: ["10.1.0.0/24", "fd00:1::/64"],
        own: ["10.1.0.1", "fd00:1::1"],
        checksums: summed,
      },
      b: { addresses: [far], prefixes: ["10.2.0.0/24", "fd00:2::/64"], own: [] },
    });
    for (const target of ["10.2.0.1", "fd00:2::1"]) {
      await waitUntil("an answer", async () =>
        (await a.run("ping", "-nc1", "-W1", "-s", "1300", target)).includes("bytes from"),
      );
      expect(await transfer(ends, target)).toBe(String(1e6));
    }
    const counts = await end.stop();
    expect(Object.keys(counts).filter((reason) => reason.startsWith("tunnel"))).toEqual([]);
  });
});

function zeroOverIpv6(summed: boolean): readonly string[] {
  return summed ? ["noudp6zerocsumtx", "noudp6zerocsumrx"] : ["udp6zerocsumtx", "udp6zerocsumrx"];
}
