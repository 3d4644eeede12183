/** Finding others: the book of addresses, what peers tell of it, and the dials that come of it. */
import type {Connection} from "@libp2p/interface";
import {multiaddr} from "@multiformats/multiaddr";
import {type Endpoint, endpointOfMultiaddr, formatEndpoint, multiaddrOf} from "../address.js";
import {Dialer} from "../dialer.js";
import type {NetworkOptions} from "../options.js";
import {type AddressBook, ANCHORS, BOOK_CAPACITY, loadBook, newEntry, saveBook} from "../peers/book.js";
import {PeerTable, type Source} from "../peers/table.js";
import type {Network, PeerId} from "../port.js";
import type {NetworkPorts} from "../ports.js";
import type {Connections} from "./connections.js";
import type {Gate, Policy} from "./gate.js";
import type {Names} from "./names.js";
import {PeerExchange} from "./peer-exchange.js";
import type {Stack} from "./stack.js";

export interface FinderParts {
  readonly self: PeerId;
  readonly policy: Policy;
  readonly gate: Gate;
  readonly connections: Connections;
  readonly names: Names;
  readonly request: Network["request"];
}

export class Finder {
  readonly #dialer: Dialer;
  readonly #book: AddressBook;
  readonly #exchange: PeerExchange;
  readonly #dialling = new Set<string>();
  /** Which peer answered at a configured address, which need not name one; null before. */
  readonly #reached: Map<string, PeerId | null>;
  #anchors: readonly PeerId[] = [];

  constructor(
    options: NetworkOptions,
    private readonly ports: Pick<NetworkPorts, "nowMs" | "randomBytes" | "validators" | "log" | "bookPath">,
    private readonly parts: FinderParts,
  ) {
    const {policy, gate} = parts;
    this.#reached = new Map([...options.peers, ...options.bootstrap].map((each) => [formatEndpoint(each), null]));
    this.#dialer = new Dialer(options, {rules: policy.diversity, locate: policy.locate});
    const isConnected = (id: PeerId): boolean => this.#isConnected(id);
    const scoreOf = (id: PeerId): number => gate.scoreOf(id);
    this.#book = new PeerTable(BOOK_CAPACITY, {isConnected, scoreOf});
    this.#exchange = new PeerExchange(this.#book, {isConnected, scoreOf});
    for (const each of options.peers) this.learn(each, "static");
    for (const each of options.bootstrap) this.learn(each, "bootstrap");
  }

  async load(): Promise<void> {
    this.#anchors = await loadBook(this.ports.bookPath, this.#book);
    for (const [id] of this.#book.entries()) await this.parts.names.nameOf(id);
  }

  async save(): Promise<void> {
    const anchors = this.#longestKept();
    await saveBook(this.ports.bookPath, this.#book, anchors.length > 0 ? anchors : this.#anchors).catch(
      (err: unknown) => this.ports.log.warn({err}, "the address book could not be written"),
    );
  }

  learn(endpoint: Endpoint, source: Source): void {
    if (endpoint.id === null || endpoint.id === this.parts.self) return;
    this.#book.insert(endpoint.id, newEntry(formatEndpoint(endpoint), source));
  }

  /** An address at which somebody answered is worth more than any that one was told. */
  learnFrom(id: PeerId, connection: Connection): void {
    const endpoint = endpointOfMultiaddr(connection.remoteAddr.toString());
    if (!endpoint) return;
    const address = formatEndpoint({...endpoint, id});
    this.#book.insert(id, newEntry(address, "discovered"));
    this.#book.replace(id, {...this.#book.get(id)!, address, connectedAtMs: this.ports.nowMs()});
  }

  /** What a peer that asks is told. */
  answer(from: PeerId): Uint8Array {
    return this.#exchange.answer(from);
  }

  async ask(from: PeerId): Promise<void> {
    if (this.#book.size >= BOOK_CAPACITY) return;
    try {
      const learned = await this.#exchange.ask(from, this.parts.request);
      for (const each of learned) this.learn(each, "discovered");
    } catch (err) {
      this.ports.log.debug({err, peer: from}, "a peer tells of no others");
    }
  }

  /** Asks one of the connected peers. */
  async askSomebody(): Promise<void> {
    this.#anchors = this.#longestKept();
    const ids = [...this.parts.connections.all()].map(({id}) => id);
    if (ids.length > 0) await this.ask(ids[this.ports.randomBytes(1)[0]! % ids.length]!);
  }

  /** Dials whoever is due. */
  dial(stack: Stack): void {
    const {self, gate} = this.parts;
    const targets = this.#dialer.next(
      {
        self,
        nowMs: this.ports.nowMs(),
        book: this.#book,
        anchors: this.#anchors,
        isConnected: (id) => this.#isConnected(id),
        isRefused: (id) => !gate.admits(id),
        validators: this.ports.validators(),
        scoreOf: (id) => gate.scoreOf(id),
        placed: gate.placed(),
      },
      (address) => {
        const id = this.#reached.get(address) ?? null;
        return id !== null && (id === self || this.#isConnected(id));
      },
    );
    for (const target of targets) void this.#dialOne(stack, target);
  }

  async #dialOne(stack: Stack, target: Endpoint): Promise<void> {
    const {names, gate} = this.parts;
    const address = formatEndpoint(target);
    if (this.#dialling.has(address)) return;
    this.#dialling.add(address);
    let ok = false;
    try {
      const suffix = target.id === null ? "" : `/p2p/${await names.nameOf(target.id)}`;
      const connection = await stack.dial(multiaddr(`${multiaddrOf(target)}${suffix}`));
      const id = names.idOf(connection.remotePeer);
      if (id !== undefined && this.#reached.has(address)) this.#reached.set(address, id);
      ok = true;
    } catch (err) {
      this.ports.log.debug({err, address}, "a peer could not be dialled");
    } finally {
      this.#dialer.tried(target, this.ports.nowMs(), ok);
      this.#dialling.delete(address);
      if (!ok && target.id !== null && !gate.isKept(target.id) && this.#dialer.isHopeless(target))
        this.#book.delete(target.id);
    }
  }

  #isConnected(id: PeerId): boolean {
    return this.parts.connections.get(id) !== undefined;
  }

  #longestKept(): PeerId[] {
    return [...this.parts.connections.all()]
      .filter(({connections}) => connections.some(({direction}) => direction === "outbound"))
      .sort((a, b) => a.connectedAtMs - b.connectedAtMs)
      .slice(0, ANCHORS)
      .map(({id}) => id);
  }
}
