/**
 * Links between simulated nodes, behind the production port: delay, loss, duplication, reordering, links that are cut
 * one way or both, and links that are clogged. A message of one node to one peer on one channel keeps its order unless
 * the seed lets it overtake; the port does not promise more than "in order or lost".
 */
import {createHash} from "node:crypto";
import {UnavailableError} from "../../src/errors.js";
import type {Channel, Network, PeerId, Subscriber} from "../../src/node/network/port.js";
import {inTime} from "../support/network.js";
import type {EventHeap} from "./heap.js";
import type {Random} from "./random.js";
import type {Trace} from "./trace.js";

export interface Weather {
  /** One way, milliseconds. */
  readonly latencyMs: readonly [low: number, high: number];
  readonly loss: number;
  readonly duplication: number;
}

export const FAIR: Weather = {latencyMs: [1, 20], loss: 0, duplication: 0};

type Handler = Parameters<Network["serve"]>[1];
interface Member {
  readonly index: number;
  up: boolean;
  subscribers: Map<Channel, Subscriber>;
  handlers: Map<string, Handler>;
  listeners: ((id: PeerId, connected: boolean) => void)[];
}

/** A message on the wire, as a byzantine node's filter and the checkers see it. */
export interface Letter {
  readonly from: number;
  readonly to: number;
  readonly channel: Channel;
  readonly message: Uint8Array;
}

export interface NetworkPorts {
  readonly heap: EventHeap;
  readonly random: Random;
  readonly trace: Trace;
  /** What really leaves when a node sends `letter`: itself, nothing, or something else. */
  outgoing(letter: Letter): readonly Letter[];
  /** A message leaves. */
  left(letter: Letter): void;
  /** A message arrives. */
  arrived(letter: Letter): void;
  /** A subscriber threw, which is a bug of the node. */
  failed(node: number, error: unknown): void;
}

export class SimNetwork {
  weather: Weather = FAIR;
  readonly #members = new Map<PeerId, Member>();
  readonly #ids: PeerId[] = [];
  /** Links that carry nothing, as "from>to". */
  readonly #cut = new Set<string>();
  /** Added delay of links, as "from>to". */
  readonly #clogged = new Map<string, number>();
  readonly #lastArrival = new Map<string, number>();

  constructor(private readonly ports: NetworkPorts) {}

  /** The port of one run of a node; what an earlier run subscribed is gone. */
  join(self: PeerId, index: number): Network {
    const {ports} = this;
    const member: Member = {index, up: false, subscribers: new Map(), handlers: new Map(), listeners: []};
    this.#ids[index] = self;
    this.#members.set(self, member);
    const others = (): Member[] => [...this.#members.values()].filter((each) => each !== member && each.up);
    return {
      self,
      addresses: () => [],
      start: async () => {
        member.up = true;
        for (const each of others()) {
          for (const tell of each.listeners) tell(self, true);
          for (const tell of member.listeners) tell(this.#ids[each.index]!, true);
        }
      },
      stop: async () => {
        member.up = false;
      },
      peers: () =>
        others().map(({index: other}) => ({
          id: this.#ids[other]!,
          address: "simulated",
          direction: "outbound",
          agent: "sim",
          connectedAtMs: 0,
          latencyMs: 1,
          score: 80,
        })),
      onPeer: (listener) => void member.listeners.push(listener),
      send: (to, channel, message) => this.#send(member, to, channel, message),
      publish: (channel, message) => {
        for (const id of this.#members.keys()) if (id !== self) this.#send(member, id, channel, message);
      },
      subscribe: (channel, subscriber) => void member.subscribers.set(channel, subscriber),
      request: (to, protocol, body, {maxBytes, signal}) =>
        inTime(this.#request(member, to, {protocol, body, maxBytes}), signal),
      reject: (id) => ports.trace.note(ports.heap.nowMs, index, `rejects what n${this.#members.get(id)?.index} served`),
      serve: (protocol, handler) => void member.handlers.set(protocol, handler),
    };
  }

  /** The node of `self` is gone, and with it what its run had open. */
  leave(self: PeerId): void {
    const member = this.#members.get(self);
    if (!member) return;
    member.up = false;
    for (const each of this.#members.values()) if (each.up) for (const tell of each.listeners) tell(self, false);
  }

  cut(from: number, to: number): void {
    this.#cut.add(`${from}>${to}`);
  }

  clog(from: number, to: number, delayMs: number): void {
    this.#clogged.set(`${from}>${to}`, delayMs);
  }

  mend(): void {
    this.#cut.clear();
    this.#clogged.clear();
  }

  #send(from: Member, to: PeerId, channel: Channel, message: Uint8Array): void {
    const target = this.#members.get(to);
    if (!from.up || !target) return;
    const letter = {from: from.index, to: target.index, channel, message: message.slice()};
    for (const each of this.ports.outgoing(letter)) this.carry(each);
  }

  /** Puts a letter on its link. */
  carry(letter: Letter): void {
    const {random, heap} = this.ports;
    this.ports.left(letter);
    // Drawn whether or not the link is cut, so that a fault does not shift what comes after.
    const lost = random.chance(this.weather.loss);
    const copies = random.chance(this.weather.duplication) ? 2 : 1;
    const link = `${letter.from}>${letter.to}`;
    for (let i = 0; i < copies; i++) {
      const delayMs = this.#delayMs(link);
      if (lost || this.#cut.has(link)) continue;
      const lane = `${link}/${letter.channel}`;
      // In order on each lane: nothing arrives before what was sent before it.
      const atMs = Math.max(heap.nowMs + delayMs, this.#lastArrival.get(lane) ?? 0);
      this.#lastArrival.set(lane, atMs);
      heap.in(atMs - heap.nowMs, () => this.#deliver(letter));
    }
  }

  #delayMs(link: string): number {
    const [low, high] = this.weather.latencyMs;
    return this.ports.random.between(low, high) + (this.#clogged.get(link) ?? 0);
  }

  #deliver(letter: Letter): void {
    const {from, to, channel, message} = letter;
    const member = this.#members.get(this.#ids[to]!)!;
    const subscriber = member.subscribers.get(channel);
    if (!member.up || !subscriber) return;
    this.ports.arrived(letter);
    this.ports.trace.note(this.ports.heap.nowMs, to, `<- n${from} ${channel} ${message.length} ${shortHash(message)}`);
    void (async () => subscriber(message, this.#ids[from]!))().catch((error: unknown) => this.ports.failed(to, error));
  }

  async #request(
    from: Member,
    to: PeerId,
    {protocol, body, maxBytes}: {protocol: string; body: Uint8Array; maxBytes: number},
  ): Promise<Uint8Array> {
    const unreachable = (): UnavailableError => new UnavailableError("PEER_UNREACHABLE", `no answer to ${protocol}`);
    const target = this.#members.get(to);
    if (!target) throw unreachable();
    const [there, back] = [`${from.index}>${target.index}`, `${target.index}>${from.index}`];
    const {random} = this.ports;
    const lost = random.chance(this.weather.loss) || random.chance(this.weather.loss);
    const [thereMs, backMs] = [this.#delayMs(there), this.#delayMs(back)];
    await this.#wait(thereMs);
    const handler = target.handlers.get(protocol);
    if (lost || this.#cut.has(there) || !target.up || !handler) {
      await this.#wait(backMs);
      throw unreachable();
    }
    this.ports.trace.note(this.ports.heap.nowMs, target.index, `<? n${from.index} ${protocol} ${shortHash(body)}`);
    const answer = await handler(body.slice(), this.#ids[from.index]!).catch((cause: unknown) => {
      throw new UnavailableError("PEER_REFUSED", `${protocol} refused`, {cause});
    });
    await this.#wait(backMs);
    if (this.#cut.has(back) || !from.up) throw unreachable();
    if (answer.length > maxBytes) throw new UnavailableError("PEER_REFUSED", `${answer.length} bytes are too long`);
    this.ports.trace.note(
      this.ports.heap.nowMs,
      from.index,
      `<! n${target.index} ${protocol} ${answer.length} ${shortHash(answer)}`,
    );
    return answer.slice();
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.ports.heap.in(ms, resolve);
    });
  }
}

const shortHash = (message: Uint8Array): string => createHash("sha1").update(message).digest("hex").slice(0, 8);
