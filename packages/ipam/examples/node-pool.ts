import { parsePrefix, systemClock } from "@heddle/contracts";
import { createIpam } from "@heddle/ipam";

const prefixes = ["10.0.1.0/24", "fd00:1::/64"].map(parsePrefix);
const ipam = createIpam({ clock: systemClock }, { prefixes, coolDown: 10_000 });

const { ipv4, ipv6 } = ipam.allocate("default/web-0", [4, 6]);
console.log(ipv4, ipv6); // 10.0.1.1 fd00:1::1

ipam.release("default/web-0");
console.log(ipam.allocate("default/web-1", [4]).ipv4); // 10.0.1.2, while 10.0.1.1 cools down
