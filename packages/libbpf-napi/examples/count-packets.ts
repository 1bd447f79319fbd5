import { attachXdp, deviceIndex, openObject, u32, u64 } from "libbpf-napi";

await using file = await openObject("count.bpf.o");
await using object = await file.load();
const ifindex = await deviceIndex("eth0");
await using _link = await attachXdp(object.program("count"), { ifindex });
const packets = object.perCpuMap({ name: "packets", type: "percpu_array", key: u32, value: u64 });
const total = packets.fold(0, (sum, count) => sum + count, 0n);
console.log(`${String(total)} packets so far`);
