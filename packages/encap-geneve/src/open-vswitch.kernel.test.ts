import { ipFamilies } from "@heddle/contracts";
import { waitUntil } from "@heddle/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hasOpenVswitch, type OpenVswitch, startOpenVswitch } from "./testing/open-vswitch.ts";
import { transfer } from "./testing/transfer.ts";
import {
  createTunnelEnds,
  type EndEntry,
  type RunningEnd,
  type TunnelEnds,
} from "./testing/tunnel-ends.ts";

/** Against an implementation that is not ours: `a` is our end, `b` is Open vSwitch. */
let ends: TunnelEnds;
let ovs: OpenVswitch;
beforeEach(async (context) => {
  if (!hasOpenVswitch())
    context.skip("Open vSwitch is not installed (apt install openvswitch-switch)");
  ends = await createTunnelEnds();
  // What a device would have filled in is there for whoever reads it by a socket.
  await ends.a.run("ethtool", "-K", "eth0", "tx", "off");
  ovs = await startOpenVswitch(ends, ends.b);
});
afterEach(async () => ends[Symbol.asyncDispose]());

const innerMac = "02:00:00:00:00:b2";
const gatewayMac = "02:68:65:64:64:6c";

/** Our cluster id, an option that is not critical, and one that is. */
const optionMap = [
  "{class=0xff48,type=0x81,len=4}->tun_metadata0",
  "{class=0x0102,type=0x05,len=4}->tun_metadata1",
  "{class=0x0102,type=0x85,len=4}->tun_metadata2",
].join(",");

interface Setup {
  readonly underlay: 4 | 6;
  /** What Open vSwitch does with packets into the tunnel, beside the VNI. */
  readonly actions?: string;
  /** What packets out of the tunnel have to have, beside the VNI. */
  readonly match?: string;
  readonly end?: Partial<EndEntry>;
}

/**
 * A bridge with the network's device in it, whose own device has the outer address; and one with the tunnel, whose
 * own device has the inner ones. Gives our end.
 */
async function connect({ underlay, actions = "", match = "", end }: Setup): Promise<RunningEnd> {
  const { a, b } = ends;
  const [near, far, length] =
    underlay === 4 ? ["192.0.2.1", "192.0.2.2", "24"] : ["2001:db8::1", "2001:db8::2", "64"];
  const nodad = underlay === 6 ? ["nodad"] : [];
  await a.run("ip", "address", "add", `${near}/${length}`, "dev", "eth0", ...nodad);
  for (const bridge of ["br-phy", "br-int"]) {
    await ovs.vsctl("add-br", bridge, "--", "set", "bridge", bridge, "datapath_type=netdev");
  }
  await ovs.vsctl("add-port", "br-phy", "eth0");
  await b.run("ip", "address", "add", `${far}/${length}`, "dev", "br-phy", ...nodad);
  await b.run("ip", "link", "set", "br-phy", "up");
  const tunnel = ["type=geneve", `options:remote_ip=${near}`, "options:key=flow"];
  const port = ["add-port", "br-int", "gnv", "--", "set", "interface", "gnv", "ofport_request=1"];
  await ovs.vsctl(...port, ...tunnel);
  await ovs.vsctl("set", "bridge", "br-int", `other-config:hwaddr="${innerMac}"`);
  await ovs.ofctl("add-tlv-map", "br-int", optionMap);
  await ovs.ofctl("del-flows", "br-int");
  const out = `in_port=1,tun_id=4711${match},actions=mod_dl_dst:${innerMac},LOCAL`;
  await ovs.ofctl("add-flow", "br-int", out);
  const into = `in_port=LOCAL,actions=set_field:5000->tun_id,${actions}output:1`;
  await ovs.ofctl("add-flow", "br-int", into);
  await b.run("ip", "link", "set", "br-int", "mtu", "1400", "addrgenmode", "none");
  await b.run("ip", "link", "set", "br-int", "up");
  await b.run("ethtool", "-K", "br-int", "tx", "off");
  await b.run("ip", "address", "add", "10.2.0.1/24", "dev", "br-int");
  await b.run("ip", "address", "add", "fd00:2::1/64", "dev", "br-int", "nodad");
  for (const [prefix, gateway] of [
    ["10.1.0.0/24", "10.2.0.254"],
    ["fd00:1::/64", "fd00:2::fe"],
  ] as const) {
    await b.run("ip", "neigh", "add", gateway, "lladdr", gatewayMac, "dev", "br-int");
    await b.run("ip", "route", "add", prefix, "via", gateway, "dev", "br-int");
  }
  return await ends.start(a, "a", {
    a: {
      addresses: [near],
      prefixes: ["10.1.0.0/24", "fd00:1::/64"],
      own: ["10.1.0.1", "fd00:1::1"],
      ...end,
    },
    b: { addresses: [far], prefixes: ["10.2.0.0/24", "fd00:2::/64"], own: [] },
  });
}

/** Whether it answers; Open vSwitch asks for its neighbours only when it has to. */
const ping = async (target: string): Promise<boolean> => {
  const told = await ends.a.run("ping", "-nc1", "-W1", "-s", "1300", target);
  return told.includes("1 received");
};

/**
 * Why packets of tunnels were refused; but what the other end's device says of itself on its link, by a link-local address,
 * has a source that is nobody's.
 */
function refused(counts: object): readonly string[] {
  return Object.keys(counts).filter(
    (reason) => reason.startsWith("tunnel") && reason !== "tunnelSource",
  );
}

describe.each(ipFamilies)("over IPv%i", (underlay) => {
  it("packets are exchanged without options", async () => {
    const end = await connect({ underlay });
    for (const target of ["10.2.0.1", "fd00:2::1"]) {
      await waitUntil("an answer", () => ping(target));
      expect(await transfer(ends, target)).toBe(String(1e6));
    }
    const counts = await end.stop();
    expect(refused(counts)).toEqual([]);
  });

  it("packets are exchanged with options, of which each side reads the other's", async () => {
    const end = await connect({
      underlay,
      end: { clusterId: 7 },
      match: ",tun_metadata0=0x7",
      actions: "set_field:0x9->tun_metadata0,set_field:0xdeadbeef->tun_metadata1,",
    });
    await waitUntil("an answer", () => ping("10.2.0.1"));
    await waitUntil("an answer", () => ping("fd00:2::1"));
    expect(refused(await end.stop())).toEqual([]);
  });
});

it("a critical option that we do not know is dropped, and counted", async () => {
  const end = await connect({ underlay: 4, actions: "set_field:0x1->tun_metadata2," });
  for (let count = 0; count < 3; count++)
    expect(await ping("10.2.0.1").catch(() => false)).toBe(false);
  expect((await end.stop())["tunnelCritical"]).toBeGreaterThan(0);
});
