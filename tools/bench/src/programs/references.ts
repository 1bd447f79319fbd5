import {
  macCodec,
  mappedIpCodec,
  u32,
  u16be,
  bytes,
  structOf,
  type LoadedObject,
} from "libbpf-napi";
import { hotVariation } from "./frames.ts";
import { gatewayMac, type Scene } from "./scene.ts";

/** `struct key` of programs.bpf.c. */
const key = structOf({
  source: mappedIpCodec,
  destination: mappedIpCodec,
  sourcePort: u16be,
  destinationPort: u16be,
  protocol: u32,
});

/** `struct entry` of programs.bpf.c. */
const value = structOf({
  ifindex: u32,
  destinationMac: macCodec,
  sourceMac: macCodec,
  reserved: bytes(80),
});

/** Gives the programs to compare with all flows from one pod to the other, and a device. */
export async function fillReferences(object: LoadedObject, { web, db }: Scene): Promise<void> {
  object.variable({ ...object.findVariable("device"), codec: u32 }).set(db.ifindex);
  const entry = {
    ifindex: db.ifindex,
    destinationMac: db.mac,
    sourceMac: gatewayMac,
    reserved: new Uint8Array(80),
  };
  const hash = object.map({ name: "hash_flows", type: "hash", key, value });
  const lru = object.map({ name: "lru_flows", type: "lru_hash", key, value });
  const entries = Array.from({ length: 65_536 }, (_, sourcePort) => {
    const [source, destination] = [web.address[4], db.address[4]];
    const { high: destinationPort } = hotVariation;
    return [{ source, destination, sourcePort, destinationPort, protocol: 6 }, entry] as const;
  });
  for (const map of [hash, lru]) await map.setMany(entries);
}
