import { type IpAddress, type IpPrefix, parseIp, parsePrefix } from "@heddle/contracts";
import { createIndex, createPrefixIndex, createTable, createUniqueIndex } from "@heddle/tables";

interface Pod {
  readonly node: string;
  readonly addresses: readonly IpAddress[];
}
const pods = createTable<string, Pod>({ name: "pods" });
const byNode = createIndex(pods, { name: "pods by node", keysOf: (pod) => [pod.node] });
const byAddress = createUniqueIndex(pods, {
  name: "pods by address",
  keysOf: (pod) => pod.addresses,
});
pods.upsert("web", { node: "n1", addresses: [parseIp("10.0.0.2"), parseIp("fd00::2")] });
console.log(byNode.get("n1")?.size, byAddress.get(parseIp("fd00::2"))?.key); // 1 web

const routes = createTable<IpPrefix, string>({ name: "routes" });
const lookup = createPrefixIndex(routes);
routes.upsert(parsePrefix("0.0.0.0/0"), "out");
routes.upsert(parsePrefix("10.0.0.0/8"), "in");
console.log(lookup.match(parseIp("10.1.2.3"))); // [ '10.0.0.0/8', 'in' ]
console.log([...lookup.within(parsePrefix("0.0.0.0/0"))].length); // 2
