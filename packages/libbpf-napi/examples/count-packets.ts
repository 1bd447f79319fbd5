import { interfaceIndex } from "@heddle/contracts";
import { attachXdp, loadObject } from "libbpf-napi";
import { countObject } from "./count.ts";

await using object = await loadObject(countObject, "count.bpf.o");
await using _link = await attachXdp(object.program("count"), { ifindex: interfaceIndex(2) });
const packets = object.perCpuMap(countObject.maps.packets);
const tcp = packets.fold(6, (sum, count) => sum + count, 0n);
console.log(`${String(tcp)} packets of TCP so far`);
