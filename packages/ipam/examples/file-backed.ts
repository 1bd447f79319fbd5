// Addresses that survive a restart: each run gives one to every owner that is named, and remembers them in a folder.
//
//   node file-backed.ts FOLDER OWNER...
import { type IpAddress, parseIp, parsePrefix, systemClock } from "@heddle/contracts";
import { createIpam } from "@heddle/ipam";
import { createFileStore } from "@heddle/ipam/file-store";

const [folder = "addresses", ...owners] = process.argv.slice(2);
const ipam = createIpam(
  { clock: systemClock },
  { prefixes: ["10.0.1.0/24", "fd00:1::/64"].map(parsePrefix) },
);
const store = createFileStore<readonly IpAddress[]>(
  {
    clock: systemClock,
    encode: (addresses) => addresses.join(),
    decode: (json) => String(json).split(",").map(parseIp),
  },
  { folder },
);

// What was given before belongs to whom it was given to.
for (const { name, value } of await store.list()) ipam.claim(name, value);

for (const owner of owners) {
  const { addresses } = ipam.allocate(owner, [4, 6]);
  // It is on the disk before anybody uses it. An owner that has addresses already keeps them.
  await store.create(owner, addresses);
  console.log(owner, ...addresses);
}
