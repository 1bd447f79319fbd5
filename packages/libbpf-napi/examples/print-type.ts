import { readFileSync } from "node:fs";
import { fieldOf, formatType, parseBtf, sizeOf } from "libbpf-napi";

const types = parseBtf(readFileSync("/sys/kernel/btf/vmlinux"), "vmlinux");
const socket = types.find("struct", "sock")?.id ?? 0;
console.log(formatType(types, socket), sizeOf(types, socket));
console.log(fieldOf(types, socket, "__sk_common.skc_family").bitOffset / 8);
