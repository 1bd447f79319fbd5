import { parseIp } from "@heddle/contracts";
import { createNetns, createRtnetlink, deleteNetns } from "@heddle/rtnetlink";

using netns = await createNetns("/run/netns/example");
await using host = createRtnetlink();
await using guest = createRtnetlink({ netns });
await Promise.all([host.start(), guest.start()]);

const peer = { name: "eth0", netns, mtu: 1400 };
const link = await host.links.add({ name: "example0", kind: "veth", up: true, peer });
const device = link.link ?? link.index;
await guest.links.set(device, { up: true });
await guest.addresses.add({ device, address: parseIp("192.0.2.2"), prefixLength: 24 });
for (const route of await guest.routes.list({ device })) console.log(route.destination);

await host.links.delete(link.index);
await deleteNetns(netns.path);
