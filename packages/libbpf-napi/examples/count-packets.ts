import { interfaceIndex } from "@heddle/contracts";
import { attachXdp, openObject, type PerCpuMapSpec, u32, u64 } from "libbpf-napi";

const shape = { type: "percpu_array", maxEntries: 1, flags: 0, layout: "" } as const;
const packets: PerCpuMapSpec<number, bigint> = { name: "packets", key: u32, value: u64, ...shape };

await using file = await openObject("count.bpf.o");
await using object = await file.load();
await using _link = await attachXdp(object.program("count"), { ifindex: interfaceIndex(2) });
const total = object.perCpuMap(packets).fold(0, (sum, count) => sum + count, 0n);
console.log(`${String(total)} packets so far`);
