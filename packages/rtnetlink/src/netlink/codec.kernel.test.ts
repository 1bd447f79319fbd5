import { expect, it } from "vitest";
import { rewritten } from "../../test/codec-laws.ts";
import { createSandbox, ip, ipBatch } from "../../test/sandbox.ts";
import { addressCodec } from "../address/wire.ts";
import { linkCodec } from "../link/wire.ts";
import { nativeChannel } from "../native/native-channel.ts";
import { neighbourCodec } from "../neighbour/wire.ts";
import { routeCodec } from "../route/wire.ts";
import { ruleCodec } from "../rule/wire.ts";
import { openConnection } from "./connection.ts";
import { rtm } from "./rtm.ts";

/** One kind of object: how all of it is asked for, and how a message of it is read and written. */
interface Row {
  readonly subject: string;
  readonly type: number;
  readonly headerSize: number;
  readonly rewrite: (message: Uint8Array) => Uint8Array;
}

const rows: readonly Row[] = [
  {
    subject: "links",
    type: rtm.getLink,
    headerSize: 16,
    rewrite: (message) => rewritten(linkCodec, message),
  },
  {
    subject: "addresses",
    type: rtm.getAddress,
    headerSize: 8,
    rewrite: (message) => rewritten(addressCodec, message),
  },
  {
    subject: "routes",
    type: rtm.getRoute,
    headerSize: 12,
    rewrite: (message) => rewritten(routeCodec, message),
  },
  {
    subject: "neighbours",
    type: rtm.getNeighbour,
    headerSize: 12,
    rewrite: (message) => rewritten(neighbourCodec, message),
  },
  {
    subject: "rules",
    type: rtm.getRule,
    headerSize: 12,
    rewrite: (message) => rewritten(ruleCodec, message),
  },
];

it.each(rows)("every byte that this kernel sends of $subject is read and written", async (row) => {
  await using sandbox = createSandbox();
  const netns = await sandbox.netns();
  ipBatch(
    netns,
    `link set lo up
     link add v0 type veth peer name v1
     link add br0 type bridge
     link set v1 master br0
     link add vx0 type vxlan id 7 remote 10.0.0.2 dstport 4789
     link set v0 alias of-a-test up
     link set v1 up
     link set br0 up
     address add 10.0.0.1/24 dev v0
     address add 10.0.0.5 peer 10.0.0.6/32 dev v0
     address add 2001:db8::1/64 dev v0 nodad valid_lft 1000 preferred_lft 500
     nexthop add id 7 via 10.0.0.2 dev v0
     route add 10.4.0.0/16 nhid 7
     route add 10.5.0.0/16 via 10.0.0.2 mtu lock 1300 realm 9
     route add 10.6.0.0/16 nexthop via 10.0.0.2 nexthop via 10.0.0.3 weight 3
     route add 10.7.0.0/16 via inet6 2001:db8::2 dev v0
     route add 10.9.0.0/16 encap ip id 7 dst 10.0.0.2 dev v0
     route add 2001:db8:5::/48 nexthop via 2001:db8::2 nexthop via 2001:db8::3
     neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev v0
     rule add from 10.0.0.0/8 fwmark 1 table 7 dport 80`,
  );
  ip(netns, "link property add dev v0 altname second");
  const connection = openConnection(
    nativeChannel({
      netnsFd: netns.fd,
      attempt: { operation: "open socket", subject: "of a test" },
      receiveBuffer: 1_000_000,
    }),
  );
  const messages = await connection.dump({
    operation: "list",
    subject: row.subject,
    type: row.type,
    payload: new Uint8Array(row.headerSize),
    names: linkCodec,
  });
  await connection.close();
  expect(messages.length).toBeGreaterThan(0);
  for (const message of messages) {
    expect(row.rewrite(message.payload)).toEqual(Uint8Array.from(message.payload));
  }
});
