import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import { RtnetlinkError } from "../rtnetlink-error.ts";
import { attributes, encodeAttribute } from "./attributes.ts";
import type { ChannelListener } from "./channel.ts";
import { type Connection, openConnection, type Request } from "./connection.ts";
import {
  controlType,
  decodeMessages,
  encodeMessage,
  type Message,
  messageFlag,
} from "./message.ts";
import { s32, text, u32 } from "./payload.ts";

/** A kernel that answers when and what the test says. */
interface Kernel {
  readonly connection: Connection;
  /** The messages of each datagram that was sent. */
  readonly sent: readonly (readonly Message[])[];
  readonly isHeld: () => boolean;
  readonly isClosed: () => boolean;
  /** Ends the send under way. */
  finishSend(error?: Error): Promise<void>;
  receive(...messages: readonly Message[]): void;
  receiveBytes(bytes: Uint8Array): void;
  fail(errno: number): void;
}

function createKernel(): Kernel {
  const sent: (readonly Message[])[] = [];
  let listener: ChannelListener | undefined;
  let held = false;
  let closed = false;
  let settle: ((error?: Error) => void) | undefined;
  const connection = openConnection((given) => {
    listener = given;
    return {
      send(bytes) {
        sent.push(decodeMessages(bytes));
        return new Promise((resolve, reject) => {
          settle = (error) => (error === undefined ? resolve() : reject(error));
        });
      },
      hold(hold) {
        held = hold;
      },
      close() {
        closed = true;
      },
    };
  });
  return {
    connection,
    sent,
    isHeld: () => held,
    isClosed: () => closed,
    async finishSend(error) {
      settle?.(error);
      await turn();
    },
    receive: (...messages) => listener?.received(Buffer.concat(messages.map(encodeMessage))),
    receiveBytes: (bytes) => listener?.received(bytes),
    fail: (errno) => listener?.failed(errno),
  };
}

/** Lets everything run that waits for promises only. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const names = attributes<{ readonly gateway?: number }>({ gateway: [5, u32] });

function request(subject = "something"): Request {
  return { operation: "try", subject, type: 24, payload: new Uint8Array(4), names };
}

function acknowledgement(
  sequence: number,
  errno = 0,
  tail: Uint8Array = new Uint8Array(),
  flags = 0,
): Message {
  const header = new Uint8Array(16);
  const payload = Buffer.concat([s32.encode(-errno, ""), header, tail]);
  return { type: controlType.error, flags: messageFlag.capped | flags, sequence, payload };
}

function done(sequence: number, errno = 0): Message {
  return { type: controlType.done, flags: 0x2, sequence, payload: s32.encode(-errno, "") };
}

function part(sequence: number, value: number, flags = 0): Message {
  return { type: 24, flags: messageFlag.multi | flags, sequence, payload: Uint8Array.of(value) };
}

function valuesOf(messages: readonly Message[]): readonly (number | undefined)[] {
  return messages.map((message) => message.payload[0]);
}

async function failureOf(promise: Promise<unknown>): Promise<RtnetlinkError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof RtnetlinkError) return error;
  throw new Error("it did not fail as it should", { cause: error });
}

describe("requests", () => {
  it("get the answers with their own sequence number, in any order", async () => {
    const kernel = createKernel();
    const first = kernel.connection.request(request());
    const second = kernel.connection.request(request());
    await turn();
    kernel.receive(part(2, 22), acknowledgement(2), part(1, 11), part(7, 77), acknowledgement(1));
    expect(valuesOf(await first)).toEqual([11]);
    expect(valuesOf(await second)).toEqual([22]);
  });

  it("ask for an acknowledgement, and pass over noops", async () => {
    const kernel = createKernel();
    const answer = kernel.connection.request({ ...request(), flags: messageFlag.create });
    await turn();
    expect(kernel.sent).toMatchObject([
      [{ type: 24, flags: messageFlag.request | messageFlag.ack | messageFlag.create }],
    ]);
    kernel.receive({ ...part(1, 1), type: controlType.noop }, acknowledgement(1));
    expect(await answer).toEqual([]);
  });

  it("that are made together go out together, those made meanwhile afterwards", async () => {
    const kernel = createKernel();
    const answers = [1, 2].map(() => kernel.connection.request(request()));
    await turn();
    answers.push(kernel.connection.request(request()));
    await turn();
    expect(kernel.sent.map((datagram) => datagram.length)).toEqual([2]);
    await kernel.finishSend();
    expect(kernel.sent.map((datagram) => datagram.length)).toEqual([2, 1]);
    kernel.receive(acknowledgement(1), acknowledgement(2), acknowledgement(3));
    await Promise.all(answers);
  });

  it("are held back until there is room for their answers", async () => {
    const kernel = createKernel();
    const answers = Array.from({ length: 70 }, () => kernel.connection.request(request()));
    await turn();
    await kernel.finishSend();
    expect(kernel.sent.map((datagram) => datagram.length)).toEqual([64]);
    kernel.receive(acknowledgement(1), acknowledgement(2));
    await kernel.finishSend();
    expect(kernel.sent.flat()).toHaveLength(66);
    for (let sequence = 3; sequence <= 70; sequence += 1) kernel.receive(acknowledgement(sequence));
    await kernel.finishSend();
    for (let sequence = 67; sequence <= 70; sequence += 1)
      kernel.receive(acknowledgement(sequence));
    await Promise.all(answers);
  });

  it("are refused in the kernel's words, with the attribute and what to do", async () => {
    const kernel = createKernel();
    const failure = failureOf(
      kernel.connection.request({
        ...request("10.0.0.0/8"),
        payload: names.encode({ gateway: 7 }, ""),
        hints: { ENETUNREACH: "go another way" },
      }),
    );
    await turn();
    const tail = Buffer.concat([
      encodeAttribute(1, text.encode("Nexthop has invalid gateway", "")),
      encodeAttribute(2, u32.encode(16, "")),
    ]);
    kernel.receive(
      acknowledgement(1, constants.errno.ENETUNREACH, tail, messageFlag.hasAttributes),
    );
    expect(await failure).toMatchObject({
      code: "unreachable",
      errno: "ENETUNREACH",
      attribute: "gateway",
      message:
        "try 10.0.0.0/8: Nexthop has invalid gateway (ENETUNREACH, attribute gateway) (go another way)",
    });
  });

  it("are told the name of an attribute that they lack", async () => {
    const kernel = createKernel();
    const failure = failureOf(kernel.connection.request(request()));
    await turn();
    const tail = encodeAttribute(5, u32.encode(5, ""));
    kernel.receive(acknowledgement(1, constants.errno.EINVAL, tail, messageFlag.hasAttributes));
    expect(await failure).toMatchObject({ code: "invalid", attribute: "gateway" });
  });

  it("are refused without words as well", async () => {
    const kernel = createKernel();
    const failures = [1, 2].map(() => failureOf(kernel.connection.request(request())));
    await turn();
    kernel.receive(acknowledgement(1, constants.errno.EEXIST), acknowledgement(2, 9999));
    expect((await Promise.all(failures)).map((error) => [error.code, error.reason])).toEqual([
      ["exists", "it exists already (EEXIST)"],
      ["failed", "Unknown system error -9999 (errno 9999)"],
    ]);
  });

  it("fail alone when they cannot be sent", async () => {
    const kernel = createKernel();
    const failure = failureOf(kernel.connection.request(request()));
    await turn();
    const next = kernel.connection.request(request());
    await kernel.finishSend(Object.assign(new Error("sendto"), { errno: constants.errno.ENOBUFS }));
    expect((await failure).code).toBe("exhausted");
    kernel.receive(acknowledgement(2));
    await next;
  });

  it("of which an answer may be lost say so, and a list goes on", async () => {
    const kernel = createKernel();
    const failure = failureOf(kernel.connection.request(request()));
    const list = kernel.connection.dump(request());
    await turn();
    kernel.fail(constants.errno.ENOBUFS);
    expect(await failure).toMatchObject({ code: "replies-lost", errno: "ENOBUFS" });
    kernel.receive(part(2, 7), done(2));
    expect(valuesOf(await list)).toEqual([7]);
  });

  it("go on when the kernel finds that a list has ended that it was to go on with", async () => {
    const kernel = createKernel();
    const answer = kernel.connection.request(request());
    const list = kernel.connection.dump(request());
    await turn();
    kernel.fail(constants.errno.EINVAL);
    kernel.receive(part(2, 7), done(2), acknowledgement(1));
    expect(valuesOf(await list)).toEqual([7]);
    await answer;
  });

  it("fail when the kernel's answer is no message", async () => {
    const kernel = createKernel();
    const failure = failureOf(kernel.connection.request(request()));
    await turn();
    kernel.receiveBytes(Uint8Array.of(1, 2, 3));
    expect((await failure).code).toBe("malformed");
  });

  it("keep the process alive, and nothing else does", async () => {
    const kernel = createKernel();
    expect(kernel.isHeld()).toBe(false);
    const answer = kernel.connection.request(request());
    expect(kernel.isHeld()).toBe(true);
    await turn();
    kernel.receive(acknowledgement(1));
    await answer;
    expect(kernel.isHeld()).toBe(false);
  });

  it("under way are waited for by close, later ones are refused", async () => {
    const kernel = createKernel();
    const answer = kernel.connection.request(request());
    const closing = kernel.connection.close();
    expect(await failureOf(kernel.connection.request(request()))).toMatchObject({
      code: "closed",
    });
    await turn();
    expect(kernel.isClosed()).toBe(false);
    kernel.receive(acknowledgement(1));
    await Promise.all([answer, closing]);
    expect(kernel.isClosed()).toBe(true);
    await kernel.connection.close();
  });
});

describe("lists", () => {
  it("come in several datagrams", async () => {
    const kernel = createKernel();
    const list = kernel.connection.dump(request());
    await turn();
    expect(kernel.sent).toMatchObject([[{ flags: messageFlag.request | messageFlag.dump }]]);
    kernel.receive(part(1, 1), part(1, 2));
    kernel.receive(part(1, 3));
    kernel.receive(done(1));
    expect(valuesOf(await list)).toEqual([1, 2, 3]);
  });

  it("follow one another, as a socket can have one at a time", async () => {
    const kernel = createKernel();
    const first = kernel.connection.dump(request());
    const second = kernel.connection.dump(request());
    await turn();
    await kernel.finishSend();
    expect(kernel.sent).toHaveLength(1);
    kernel.receive(done(1));
    await first;
    await turn();
    expect(kernel.sent).toHaveLength(2);
    kernel.receive(part(2, 2), done(2));
    expect(valuesOf(await second)).toEqual([2]);
  });

  it.each([
    ["a change was made", part(1, 9, messageFlag.dumpInterrupted), done(1)],
    [
      "a change was made at the end",
      part(1, 9),
      { ...done(1), flags: messageFlag.dumpInterrupted },
    ],
    ["a part was lost", { ...part(1, 9), type: controlType.overrun }, done(1)],
  ])("are made anew when %s meanwhile", async (_, ...answer) => {
    const kernel = createKernel();
    const list = kernel.connection.dump(request());
    await turn();
    await kernel.finishSend();
    kernel.receive(...answer);
    await turn();
    kernel.receive(part(2, 1), done(2));
    expect(valuesOf(await list)).toEqual([1]);
  });

  it("are given up when a change is made during each attempt", async () => {
    const kernel = createKernel();
    const failure = failureOf(kernel.connection.dump(request()));
    for (let sequence = 1; sequence <= 30; sequence += 1) {
      await turn();
      await kernel.finishSend();
      kernel.receive({ ...done(sequence), flags: messageFlag.dumpInterrupted });
    }
    expect(await failure).toMatchObject({ code: "interrupted" });
  });

  it.each([
    ["at the beginning", acknowledgement(1, constants.errno.EPERM)],
    ["at the end", done(1, constants.errno.EPERM)],
  ])("are refused %s, and others follow", async (_, answer) => {
    const kernel = createKernel();
    const failure = failureOf(kernel.connection.dump(request()));
    const next = kernel.connection.dump(request());
    await turn();
    await kernel.finishSend();
    kernel.receive(answer);
    expect(await failure).toMatchObject({ code: "permission", errno: "EPERM" });
    await turn();
    kernel.receive(done(2));
    expect(await next).toEqual([]);
  });
});
