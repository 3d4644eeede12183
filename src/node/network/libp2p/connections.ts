/** Who is connected. Two nodes that dial each other at once agree on which of the two connections stays. */
import type {Connection, Stream} from "@libp2p/interface";
import {endpointOfMultiaddr} from "../address.js";
import type {Channel, PeerId, PeerState} from "../port.js";
import {Outbox} from "./outbox.js";

/** What was under way on the connection that goes may end, in milliseconds. */
const GRACE_MS = 2_000;

export interface ConnectedPeer {
  readonly id: PeerId;
  /** Newest last. */
  readonly connections: Connection[];
  readonly outbox: Outbox;
  /** The stream of each channel that is heard: the newest. */
  readonly inlets: Map<Channel, Stream>;
  readonly connectedAtMs: number;
  latencyMs: number | null;
  agent: string;
}

export interface ConnectionPorts {
  readonly self: PeerId;
  nowMs(): number;
  sent(channel: Channel, bytes: number): void;
  dropped(channel: Channel, count: number): void;
  broke(id: PeerId, channel: Channel, error: unknown): void;
}

export class Connections {
  readonly #peers = new Map<PeerId, ConnectedPeer>();

  constructor(private readonly ports: ConnectionPorts) {}

  get(id: PeerId): ConnectedPeer | undefined {
    return this.#peers.get(id);
  }
  all(): IterableIterator<ConnectedPeer> {
    return this.#peers.values();
  }
  get size(): number {
    return this.#peers.size;
  }

  /** @returns whether the peer was not connected before */
  opened(id: PeerId, connection: Connection): boolean {
    const known = this.#peers.get(id);
    if (known) {
      known.connections.push(connection);
      this.#settle(known);
      return false;
    }
    const peer: ConnectedPeer = {
      id,
      connections: [connection],
      outbox: new Outbox({
        connection: () => this.#peers.get(id) && this.#preferred(this.#peers.get(id)!),
        sent: (channel, bytes) => this.ports.sent(channel, bytes),
        dropped: (channel, count) => this.ports.dropped(channel, count),
        broke: (channel, error) => this.ports.broke(id, channel, error),
      }),
      inlets: new Map(),
      connectedAtMs: this.ports.nowMs(),
      latencyMs: null,
      agent: "",
    };
    this.#peers.set(id, peer);
    return true;
  }

  /**
   * Takes the newest stream of a channel for the one that is heard, and ends the one before: a sender has one at a
   * time, and with more a peer could have begun a message on each.
   * @returns whether the peer is connected
   */
  hears(id: PeerId, channel: Channel, stream: Stream): boolean {
    const inlets = this.#peers.get(id)?.inlets;
    inlets?.get(channel)?.abort(new Error("a newer stream came"));
    inlets?.set(channel, stream);
    return inlets !== undefined;
  }

  /** @returns whether that was the last one */
  closed(id: PeerId, connection: Connection): boolean {
    const peer = this.#peers.get(id);
    const at = peer?.connections.indexOf(connection) ?? -1;
    if (!peer || at < 0) return false;
    peer.connections.splice(at, 1);
    if (peer.connections.length > 0) return false;
    this.#peers.delete(id);
    return true;
  }

  /** The connection that new streams go over. */
  connectionTo(id: PeerId): Connection | undefined {
    const peer = this.#peers.get(id);
    return peer && this.#preferred(peer);
  }

  states(scoreOf: (id: PeerId) => number): PeerState[] {
    return [...this.#peers.values()].map((peer) => {
      const connection = this.#preferred(peer) ?? peer.connections[0]!;
      const {id, agent, connectedAtMs, latencyMs} = peer;
      const {direction} = connection;
      return {id, address: addressOf(connection), direction, agent, connectedAtMs, latencyMs, score: scoreOf(id)};
    });
  }

  /** Dialled by the peer whose id is smaller: both ends see the same one. Of several of those, the newest. */
  #preferred({id, connections}: ConnectedPeer): Connection | undefined {
    const open = connections.filter(({status}) => status === "open");
    const wanted = this.ports.self < id ? "outbound" : "inbound";
    return open.findLast(({direction}) => direction === wanted) ?? open.at(-1);
  }

  #settle(peer: ConnectedPeer): void {
    const kept = this.#preferred(peer);
    for (const connection of peer.connections)
      if (connection !== kept)
        setTimeout(() => {
          // Unless the one that was to stay has gone meanwhile.
          if (kept?.status === "open") connection.close().catch((error: Error) => connection.abort(error));
        }, GRACE_MS).unref();
  }
}

/** Host and port of the other end, for people. */
export function addressOf({remoteAddr}: Connection): string {
  const {host, port} = endpointOfMultiaddr(remoteAddr.toString()) ?? {host: remoteAddr.toString(), port: 0};
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
