import {
  buildPacket,
  findLayer,
  ipv4,
  packet,
  parsePacket,
  sctp,
  type SctpChunk,
  type TcpFlag,
} from "@heddle/packet";
import { describe, expect, it } from "vitest";
import { sctpSignal, tcpSignal } from "./index.ts";

describe("the signal of TCP flags", () => {
  it.each<readonly [string, string | undefined]>([
    ["syn", "open"],
    ["syn ece cwr", "open"],
    ["syn ack", "accept"],
    ["ack", "data"],
    ["ack psh urg", "data"],
    ["fin ack", "finish"],
    ["fin ack psh", "finish"],
    ["rst", "abort"],
    ["rst ack", "abort"],
    ["", undefined],
    ["psh urg", undefined],
    ["fin", undefined],
    ["fin psh urg", undefined],
    ["syn fin", undefined],
    ["syn fin ack", undefined],
    ["syn rst", undefined],
    ["fin rst ack", undefined],
  ])("%s is %s", (text, signal) => {
    const flags = text.split(" ").filter((name): name is TcpFlag => name !== "");
    expect(tcpSignal(flags)).toBe(signal);
  });
});

/** Chunks as a parser gives them. A number makes one without fields. */
function chunksOf(types: readonly SctpChunk["type"][]): readonly SctpChunk[] {
  const chunks = types.map((type) => ({ type }));
  const bytes = buildPacket(packet(ipv4(), sctp({ chunks })));
  return findLayer(parsePacket(bytes, { linkType: "ip" }), "sctp")?.chunks ?? [];
}

describe("the signal of SCTP chunks", () => {
  it.each<readonly [readonly SctpChunk["type"][], number, string | undefined]>([
    [["init"], 0, "open"],
    [["init-ack"], 7, "accept"],
    [["cookie-echo"], 7, "accept"],
    [["cookie-echo", "data"], 7, "accept"],
    [["cookie-ack", "data"], 7, "data"],
    [["sack", "data"], 7, "data"],
    [["heartbeat"], 7, "data"],
    [["sack", "shutdown"], 7, "finish"],
    [["shutdown-ack"], 7, "finish"],
    [["shutdown-complete"], 7, "abort"],
    [["sack", "abort"], 7, "abort"],
    [[0xc1], 7, "data"],
    [[], 7, undefined],
    [["init"], 7, undefined],
    [["data"], 0, undefined],
    [["init", "data"], 0, undefined],
    [["init-ack", "sack"], 7, undefined],
    [["shutdown-complete", "sack"], 7, undefined],
    [[0], 7, undefined],
    [[1], 0, undefined],
    [[2], 7, undefined],
  ])("chunks %j with tag %d are %s", (types, verificationTag, signal) => {
    expect(sctpSignal({ chunks: chunksOf(types), verificationTag })).toBe(signal);
  });
});
