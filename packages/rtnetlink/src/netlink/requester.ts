import { ipFamilies, type IpFamily } from "@heddle/contracts";
import { type Attempt, RtnetlinkError, type RtnetlinkErrorCode } from "../rtnetlink-error.ts";
import type { Connection, Request } from "./connection.ts";
import type { Body, BodyCodec, Message } from "./message.ts";
import { familyNumber } from "./rtm.ts";

/** Who asks the kernel on behalf of the operations on one kind of object. */
export type Requester = Pick<Connection, "request" | "dump">;

/**
 * A request with the body that is made of what a caller gave.
 *
 * @throws {RtnetlinkError} `invalid` for a value that has no place in it
 */
export function requestOf<H, A>(
  codec: BodyCodec<H, A>,
  attempt: Attempt,
  type: number,
  makeBody: () => Body<H, A>,
): Request {
  try {
    return { ...attempt, type, payload: codec.encode(makeBody()), names: codec };
  } catch (error) {
    if (!(error instanceof RtnetlinkError)) throw error;
    const { code, subject, reason, hint, attribute } = error;
    throw new RtnetlinkError({
      ...attempt,
      code,
      reason: `${subject}: ${reason}`,
      hint,
      attribute,
      cause: error,
    });
  }
}

/** The content of those messages that are of the type. */
export function bodiesOf<H, A>(
  messages: readonly Message[],
  type: number,
  codec: BodyCodec<H, A>,
): readonly Body<H, A>[] {
  return messages
    .filter((message) => message.type === type)
    .map((message) => codec.decode(message.payload));
}

/** The messages' content where it is of the family: without IPv6 the kernel lists all families instead of it. */
export function bodiesOfFamily<H extends { readonly family: number }, A>(
  messages: readonly Message[],
  type: number,
  codec: BodyCodec<H, A>,
  family: IpFamily,
): readonly Body<H, A>[] {
  const number = familyNumber(family);
  return bodiesOf(messages, type, codec).filter(({ header }) => header.family === number);
}

/** What `list` finds for one family, or for both one after the other. */
export async function forFamilies<T>(
  family: IpFamily | undefined,
  list: (family: IpFamily) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const found: (readonly T[])[] = [];
  for (const each of family === undefined ? ipFamilies : [family]) found.push(await list(each));
  return found.flat();
}

/** What the kernel refuses a request about an object, table or device with that is not there. */
const absent: ReadonlySet<RtnetlinkErrorCode> = new Set(["not-found", "device-gone"]);

/** Whether there was something to delete. */
export async function deleted(request: Promise<unknown>): Promise<boolean> {
  return (await unlessAbsent(request.then(() => true))) ?? false;
}

/** The result, or undefined where what was asked about is not there. */
export async function unlessAbsent<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof RtnetlinkError && absent.has(error.code)) return undefined;
    throw error;
  }
}
