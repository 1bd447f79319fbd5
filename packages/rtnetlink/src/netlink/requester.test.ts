import { interfaceIndex, parseIp, parsePrefix } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { createRtnetlink, type Rtnetlink } from "../index.ts";

const device = interfaceIndex(3);
const destination = parsePrefix("10.0.0.0/8");

describe("a value that has no place in a request", () => {
  it.each<[message: string, (rtnetlink: Rtnetlink) => Promise<unknown>]>([
    [
      "add route 10.0.0.0/8 metric -1: priority: -1 is not an integer from 0 to 4294967295",
      ({ routes }) => routes.add({ destination, metric: -1 }),
    ],
    [
      "delete route 10.0.0.0/8 table 4294967296: table: 4294967296 is not an integer",
      ({ routes }) => routes.delete({ destination, table: 2 ** 32 }),
    ],
    [
      'add route unicst 10.0.0.0/8: route type "unicst": there is none of this name (known: unspec,',
      ({ routes }) => routes.add(JSON.parse('{"destination":"10.0.0.0/8","type":"unicst"}')),
    ],
    [
      "add address 10.0.0.1/300 dev 3: header.prefixLength: 300 is not an integer from 0 to 255",
      ({ addresses }) => addresses.add({ device, address: parseIp("10.0.0.1"), prefixLength: 300 }),
    ],
    [
      "delete address 10.0.0.1/300 dev 3: header.prefixLength: 300",
      ({ addresses }) =>
        addresses.delete({ device, address: parseIp("10.0.0.1"), prefixLength: 300 }),
    ],
    [
      "add link d0 (dummy): mtu: 0.5 is not an integer",
      ({ links }) => links.add({ name: "d0", kind: "dummy", mtu: 0.5 }),
    ],
    ["set link dev 3 to mtu -1: mtu: -1", ({ links }) => links.set(device, { mtu: -1 })],
    [
      "replace neighbour 10.0.0.1 dev 3: vlan: 65536 is not",
      ({ neighbours }) =>
        neighbours.replace({ device, destination: parseIp("10.0.0.1"), vlan: 65_536 }),
    ],
    [
      "delete rule -1: lookup: priority: -1 is not",
      ({ rules }) => rules.delete({ family: 4, priority: -1 }),
    ],
  ])("is named with the request: %s", async (message, act) => {
    await expect(act(createRtnetlink())).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining(message),
    });
  });
});
