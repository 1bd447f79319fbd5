import { systemError } from "../errno.ts";
import type { Channel, ChannelListener, OpenChannel } from "../netlink/channel.ts";
import type { Attempt } from "../rtnetlink-error.ts";
import { type NativeAddon, nativeAddon, type NativeSocket } from "./addon.ts";

/** Where and how a socket is opened. */
export interface ChannelOptions {
  /** The namespace's descriptor; undefined for the calling thread's own. */
  readonly netnsFd: number | undefined;
  /** Names the namespace in errors. */
  readonly attempt: Attempt;
  /** Bytes. */
  readonly receiveBuffer: number;
  /** Multicast groups to join. */
  readonly groups?: readonly number[];
}

// From linux/socket.h and linux/netlink.h.
const socketLevel = 1;
const receiveBufferOption = 8;
const forcedReceiveBufferOption = 33;
const netlinkLevel = 270;
const netlinkOption = {
  /** Hear of what happens to a group's objects. */
  addMembership: 1,
  /** Acknowledgements quote no more of the request than its header. */
  capAck: 10,
  /** Acknowledgements say in words what is wrong. */
  extAck: 11,
  /** Headers and attributes of a listing are filters, and unknown ones are refused. */
  strictCheck: 12,
} as const;

/** Opens a netlink socket with strict checks and explained errors. */
export function nativeChannel(options: ChannelOptions): OpenChannel {
  return (listener) => {
    const addon = nativeAddon();
    try {
      const socket = openSocket(addon, options.netnsFd, listener);
      try {
        configure(addon, socket, options);
        return new SocketChannel(addon, socket);
      } catch (error) {
        addon.closeSocket(socket);
        throw error;
      }
    } catch (error) {
      throw systemError(options.attempt, error);
    }
  };
}

function openSocket(
  addon: NativeAddon,
  netnsFd: number | undefined,
  listener: ChannelListener,
): NativeSocket {
  return addon.openSocket(netnsFd ?? -1, (datagram, errno) => {
    if (datagram === undefined) listener.failed(errno);
    else listener.received(datagram);
  });
}

function configure(addon: NativeAddon, socket: NativeSocket, options: ChannelOptions): void {
  for (const option of [netlinkOption.capAck, netlinkOption.extAck, netlinkOption.strictCheck]) {
    addon.setSocketOption(socket, netlinkLevel, option, 1);
  }
  setReceiveBuffer(addon, socket, options.receiveBuffer);
  for (const group of options.groups ?? []) {
    addon.setSocketOption(socket, netlinkLevel, netlinkOption.addMembership, group);
  }
}

/** Beyond `net.core.rmem_max` where the process may, else up to it. */
function setReceiveBuffer(addon: NativeAddon, socket: NativeSocket, bytes: number): void {
  try {
    addon.setSocketOption(socket, socketLevel, forcedReceiveBufferOption, bytes);
  } catch {
    addon.setSocketOption(socket, socketLevel, receiveBufferOption, bytes);
  }
}

class SocketChannel implements Channel {
  readonly #addon: NativeAddon;
  readonly #socket: NativeSocket;

  constructor(addon: NativeAddon, socket: NativeSocket) {
    this.#addon = addon;
    this.#socket = socket;
  }

  send(messages: Uint8Array): Promise<void> {
    return this.#addon.sendSocket(this.#socket, messages);
  }

  hold(hold: boolean): void {
    this.#addon.holdSocket(this.#socket, hold);
  }

  close(): void {
    this.#addon.closeSocket(this.#socket);
  }
}
