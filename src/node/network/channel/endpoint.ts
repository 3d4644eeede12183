/** Where channels begin: listening for them, and dialling. */
import {type AddressInfo, connect, createServer, type Server, type Socket} from "node:net";
import {UnavailableError} from "../../../errors.js";
import type {PeerId} from "../port.js";
import {
  CLIENT_RANDOM_BYTES,
  type HandshakeContext,
  SERVER_RANDOM_BYTES,
  startClient,
  startServer,
} from "../session/handshake.js";
import {type Channel, type ChannelOptions, secure, unreachable} from "./channel.js";

const DIAL_MS = 5_000;
/** Handshakes under way, all callers together: each costs memory and a few milliseconds. */
const HANDSHAKES_MAX = 64;

/** Connections to one listener: the parties of a roster, some of them more than once. */
const CONNECTIONS_MAX = 1_024;

export interface EndpointPorts extends ChannelOptions {
  /** The context of a handshake that begins now. */
  context(): HandshakeContext;
  randomBytes(size: number): Uint8Array;
  /** Tells why somebody was not let in. */
  refused(error: unknown): void;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, the host perhaps in brackets. */
export function parseAddress(text: string): Address {
  const at = text.lastIndexOf(":");
  return {host: text.slice(0, at).replace(/^\[(.*)\]$/, "$1"), port: Number(text.slice(at + 1))};
}

/** @throws as `secure`; UnavailableError PEER_UNREACHABLE */
export async function dial({host, port}: Address, expected: PeerId, ports: EndpointPorts): Promise<Channel> {
  const socket = await connected(host, port);
  return secure(socket, startClient(ports.context(), expected, ports.randomBytes(CLIENT_RANDOM_BYTES)), ports);
}

function connected(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({host, port});
    const timer = setTimeout(() => socket.destroy(unreachable(`${host}:${port} does not answer`)), DIAL_MS);
    const failed = (cause: Error): void => {
      clearTimeout(timer);
      reject(unreachable(`cannot reach ${host}:${port}`, cause));
    };
    socket.once("error", failed);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", failed);
      resolve(socket);
    });
  });
}

export class Listener {
  readonly #server: Server;
  #handshakes = 0;

  constructor(ports: EndpointPorts, take: (channel: Channel) => void) {
    this.#server = createServer((socket) => {
      if (this.#handshakes >= HANDSHAKES_MAX) {
        socket.destroy();
        return;
      }
      this.#handshakes++;
      secure(socket, startServer(ports.context(), ports.randomBytes(SERVER_RANDOM_BYTES)), ports)
        .then(take, (error: unknown) => ports.refused(error))
        .finally(() => this.#handshakes--);
    });
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  /** Where it listens. */
  get address(): string {
    const {address, family, port} = this.#server.address() as AddressInfo;
    return family === "IPv6" ? `[${address}]:${port}` : `${address}:${port}`;
  }

  /** @throws UnavailableError LISTEN_FAILED */
  start({host, port}: Address): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", (cause: NodeJS.ErrnoException) =>
        reject(
          new UnavailableError("LISTEN_FAILED", `cannot listen on ${host}:${port}: ${cause.code ?? cause.message}`, {
            cause,
            hint: "choose another port, or an address of this machine",
          }),
        ),
      );
      this.#server.listen({host, port}, resolve);
    });
  }

  /** Takes no more connections. Those that are there are their owners' to close. */
  stop(): void {
    this.#server.close();
  }
}
