/**
 * The network port between nodes of one process, for tests above the transport: what is sent arrives on a later turn,
 * in order, as a copy. Links can be cut and healed; what is sent over a cut link is lost.
 */

import type {BatchFigures} from "../../src/codecs/api/status.js";
import {UnavailableError} from "../../src/errors.js";
import {emptyTally} from "../../src/node/engine/sync/tally.js";
import type {StorageFigures} from "../../src/node/metrics/store.js";
import type {SyncFigures} from "../../src/node/metrics/sync.js";
import {aloneNetwork} from "../../src/node/network/alone.js";
import type {
  Channel,
  Network,
  PeerId,
  PeerState,
  ServeLimits,
  Subscriber,
  Verdict,
} from "../../src/node/network/port.js";
import {NetworkTally} from "../../src/node/network/tally.js";

type Handler = Parameters<Network["serve"]>[1];

interface Member {
  readonly subscribers: Map<Channel, Subscriber>;
  readonly handlers: Map<string, {handler: Handler; limits: ServeLimits}>;
  readonly listeners: ((id: PeerId, connected: boolean) => void)[];
  running: boolean;
}

/** One verdict that a subscriber gave. */
export interface Judged {
  readonly from: PeerId;
  readonly to: PeerId;
  readonly channel: Channel;
  readonly verdict: Verdict;
}

export class InProcessNetwork {
  /** Every verdict, oldest first. */
  readonly verdicts: Judged[] = [];
  /** Whose answers could not be true, as those who asked found. */
  readonly rejected: {readonly by: PeerId; readonly peer: PeerId}[] = [];
  /** What subscribers threw: a bug of the subscriber. */
  readonly failures: unknown[] = [];
  /** Messages that are lost on the way; requests are not. */
  loses: (from: PeerId, to: PeerId, channel: Channel) => boolean = () => false;
  readonly #members = new Map<PeerId, Member>();
  readonly #cut = new Set<string>();

  /** The port of one node; it is connected once it is started. */
  join(self: PeerId): Network {
    const member: Member = {subscribers: new Map(), handlers: new Map(), listeners: [], running: false};
    this.#members.set(self, member);
    return {
      self,
      addresses: () => [],
      start: async () => this.#switch(self, true),
      stop: async () => this.#switch(self, false),
      peers: () => this.#peersOf(self).map(stateOf),
      onPeer: (listener) => void member.listeners.push(listener),
      send: (to, channel, message) => this.#carry(self, to, channel, message.slice()),
      publish: (channel, message) => {
        for (const to of this.#peersOf(self)) this.#carry(self, to, channel, message.slice());
      },
      subscribe: (channel, subscriber) => void member.subscribers.set(channel, subscriber),
      request: (to, protocol, body, {maxBytes, signal}) =>
        inTime(this.#request({from: self, to, protocol}, body.slice(), maxBytes), signal),
      reject: (peer) => void this.rejected.push({by: self, peer}),
      serve: (protocol, handler, limits) => void member.handlers.set(protocol, {handler, limits}),
    };
  }

  /** Cuts every link between the two sides. */
  cut(some: readonly PeerId[], others: readonly PeerId[]): void {
    for (const a of some)
      for (const b of others) {
        const linked = this.#linked(a, b);
        this.#cut.add(linkOf(a, b));
        if (linked) this.#tell(a, b, false);
      }
  }

  /** Hands a message over at once, linked or not. */
  deliver(from: PeerId, to: PeerId, channel: Channel, message: Uint8Array): void {
    void this.#members.get(to)!.subscribers.get(channel)!(message, from);
  }

  /** Mends every link. */
  heal(): void {
    const links = [...this.#cut];
    this.#cut.clear();
    for (const link of links) {
      const [a, b] = link.split("|") as [PeerId, PeerId];
      if (this.#linked(a, b)) this.#tell(a, b, true);
    }
  }

  #switch(self: PeerId, running: boolean): void {
    const before = this.#peersOf(self);
    this.#members.get(self)!.running = running;
    for (const peer of running ? this.#peersOf(self) : before) this.#tell(self, peer, running);
  }

  #linked(a: PeerId, b: PeerId): boolean {
    const running = (id: PeerId): boolean => this.#members.get(id)?.running ?? false;
    return a !== b && running(a) && running(b) && !this.#cut.has(linkOf(a, b));
  }

  #peersOf(self: PeerId): PeerId[] {
    return [...this.#members.keys()].filter((peer) => this.#linked(self, peer));
  }

  #tell(a: PeerId, b: PeerId, connected: boolean): void {
    for (const listener of this.#members.get(a)!.listeners) listener(b, connected);
    for (const listener of this.#members.get(b)!.listeners) listener(a, connected);
  }

  #carry(from: PeerId, to: PeerId, channel: Channel, message: Uint8Array): void {
    if (!this.#linked(from, to) || this.loses(from, to, channel)) return;
    setImmediate(async () => {
      const subscriber = this.#members.get(to)!.subscribers.get(channel);
      if (!subscriber || !this.#linked(from, to)) return;
      try {
        this.verdicts.push({from, to, channel, verdict: await subscriber(message, from)});
      } catch (error) {
        this.failures.push(error);
      }
    });
  }

  async #request(way: {from: PeerId; to: PeerId; protocol: string}, body: Uint8Array, maxBytes: number) {
    const {from, to, protocol} = way;
    await new Promise((resolve) => setImmediate(resolve));
    const served = this.#linked(from, to) ? this.#members.get(to)!.handlers.get(protocol) : undefined;
    if (!served) throw new UnavailableError("PEER_UNREACHABLE", `${to.slice(0, 16)} does not answer ${protocol}`);
    if (body.length > served.limits.maxBytes)
      throw new UnavailableError("PEER_REFUSED", `${body.length} bytes are too long for ${protocol}`);
    const answer = await served.handler(body, from).catch((cause: unknown) => {
      throw new UnavailableError("PEER_REFUSED", `${to.slice(0, 16)} refused ${protocol}`, {cause});
    });
    if (answer.length > maxBytes) throw new UnavailableError("PEER_REFUSED", `${answer.length} bytes are too long`);
    return answer.slice();
  }
}

/** `work`, unless the one who asked does not wait for it any more. */
export const inTime = <T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> =>
  new Promise((resolve, reject) => {
    signal?.addEventListener("abort", () => reject(new UnavailableError("PEER_TIMEOUT", "the answer came too late")), {
      once: true,
    });
    work.then(resolve, reject);
  });

/** What metrics read of a node without peers. */
export const NO_WIRE = {network: aloneNetwork("ab".repeat(32)), tally: new NetworkTally()};

/** Of one that lacks nothing. */
export const IN_SYNC: SyncFigures = {
  ...emptyTally(),
  catchingUp: false,
  targetHeight: 0n,
  blocksPerSecond: 0,
  etaSeconds: null,
};

/** Of a store that pruned a block or two. */
export const STORE_FIGURES: StorageFigures = {
  ...{bytes: 5_000_000, freeBytes: 4_096, walBytes: 8_192, prunedHeight: 77n, pruned: 64n},
  packing: {dictionary: 2, rawBytes: 900, packedBytes: 300},
  caches: {receipts: {hits: 3, misses: 2}, receipt_index: {hits: 5, misses: 1}},
};

/** And of one without batches. */
export const NO_BATCHES: BatchFigures = {
  certifiedRound: 0,
  committedRound: 0,
  waiting: 0,
  missing: 0,
  made: 0,
  fetches: 0,
  equivocations: 0,
  faults: 0,
};

const linkOf = (a: PeerId, b: PeerId): string => [a, b].sort().join("|");

const stateOf = (id: PeerId): PeerState => ({
  id,
  address: "in-process",
  direction: "outbound",
  agent: "test",
  connectedAtMs: 0,
  latencyMs: 0,
  score: 80,
});
