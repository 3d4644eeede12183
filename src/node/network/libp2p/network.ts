/** The network port over libp2p: sessions, streams, gossip, and the policy that decides whom this node speaks to. */
import type {Connection, Stream} from "@libp2p/interface";
import {multiaddr} from "@multiformats/multiaddr";
import {UnavailableError} from "../../../errors.js";
import {type Endpoint, endpointOfMultiaddr, formatEndpoint, multiaddrOf} from "../address.js";
import {Budget, DEFAULT_BUDGET} from "../budget.js";
import {Dialer} from "../dialer.js";
import type {NetworkOptions} from "../options.js";
import {type AddressBook, ANCHORS, BOOK_CAPACITY, loadBook, newEntry, saveBook} from "../peers/book.js";
import {Diversity, type DiversityRules} from "../peers/diversity.js";
import type {Locate} from "../peers/prefix.js";
import {Reputation} from "../peers/reputation.js";
import {PeerTable, type Source} from "../peers/table.js";
import {
  CHANNELS,
  type Channel,
  MESSAGE_MAX_BYTES,
  type Network,
  type PeerId,
  type PeerState,
  type RequestOptions,
  type ServeLimits,
  type Subscriber,
  type Verdict,
} from "../port.js";
import type {NetworkPorts} from "../ports.js";
import {SessionKeys} from "../session-keys.js";
import {addressOf, Connections} from "./connections.js";
import {Gossip} from "./gossip.js";
import {Names} from "./names.js";
import {channelProtocol} from "./outbox.js";
import {PeerExchange} from "./peer-exchange.js";
import {ask, RequestDesk, requestProtocol} from "./requests.js";
import {createStack, GOSSIP_MAX_BYTES, type Stack} from "./stack.js";
import {isMalformed, readFrames} from "./streams.js";

/** How the policy turns, in milliseconds. */
const DIAL_EVERY_MS = 250;
const HEARTBEAT_MS = 10_000;
const HEARTBEAT_TIMEOUT_MS = 5_000;
const SAVE_EVERY_MS = 60_000;
const STOP_MS = 2_000;
/** Places for validators above what anybody may take. */
const VALIDATOR_PLACES = 32;

export interface Policy {
  readonly diversity: DiversityRules;
  readonly locate: Locate;
}

export class Libp2pNetwork implements Network {
  readonly self: PeerId;
  readonly #names = new Names();
  readonly #keys: SessionKeys;
  readonly #reputation = new Reputation();
  readonly #connections: Connections;
  readonly #dialer: Dialer;
  readonly #book: AddressBook;
  readonly #exchange: PeerExchange;
  readonly #subscribers = new Map<Channel, Subscriber>();
  readonly #desks = new Map<string, RequestDesk>();
  readonly #listeners: ((id: PeerId, connected: boolean) => void)[] = [];
  readonly #budgets = new Map<PeerId, Budget>();
  readonly #dialling = new Set<string>();
  /** Which peer answered at a configured address without an id. */
  readonly #reached = new Map<string, PeerId>();
  readonly #timers: NodeJS.Timeout[] = [];
  #anchors: readonly PeerId[] = [];
  #stack: Stack | undefined;
  #gossip: Gossip | undefined;

  constructor(
    private readonly options: NetworkOptions,
    private readonly ports: NetworkPorts,
    private readonly policy: Policy,
  ) {
    const {nowMs, metrics} = ports;
    this.#keys = new SessionKeys(ports);
    this.self = this.#keys.id;
    this.#connections = new Connections({self: this.self, nowMs, sent: metrics.sent, dropped: metrics.dropped});
    this.#dialer = new Dialer(options, {rules: policy.diversity, locate: policy.locate});
    const isConnected = (id: PeerId): boolean => this.#connections.get(id) !== undefined;
    const scoreOf = (id: PeerId): number => this.#reputation.scoreOf(id);
    this.#book = new PeerTable(BOOK_CAPACITY, {isConnected, scoreOf});
    this.#exchange = new PeerExchange(this.#book, {isConnected, scoreOf});
    for (const each of options.peers) this.#learn(each, "static");
    for (const each of options.bootstrap) this.#learn(each, "bootstrap");
    this.serve(PeerExchange.PROTOCOL, async (_body, from) => this.#exchange.answer(from), PeerExchange.LIMITS);
  }

  async start(signal: AbortSignal): Promise<void> {
    this.#anchors = await loadBook(this.ports.bookPath, this.#book);
    await this.#names.nameOf(this.self);
    for (const [id] of this.#book.entries()) await this.#names.nameOf(id);
    const stack = await this.#createStack();
    this.#stack = stack;
    stack.addEventListener("connection:open", ({detail}) => this.#opened(detail));
    stack.addEventListener("connection:close", ({detail}) => this.#closed(detail));
    stack.addEventListener("peer:identify", ({detail}) => this.#identified(detail));
    for (const channel of CHANNELS)
      await stack.handle(channelProtocol(channel), (stream, connection) => this.#hear(channel, stream, connection), {
        maxInboundStreams: 4,
      });
    for (const protocol of this.#desks.keys()) await this.#handle(protocol);
    try {
      await stack.start();
    } catch (cause) {
      throw new UnavailableError("LISTEN_FAILED", `cannot listen for peers: ${(cause as Error).message}`, {
        hint: "another program may have the port; choose another --listen",
        cause,
      });
    }
    this.#gossip = new Gossip(stack, {
      network: this.ports.network,
      idOf: (name) => this.#names.idOf(name),
      hear: (channel, message, from) => this.#judge(channel, message, from),
    });
    for (const channel of this.#subscribers.keys()) this.#gossip.join(channel);
    this.#every(DIAL_EVERY_MS, () => this.#dial());
    this.#every(HEARTBEAT_MS, () => this.#heartbeat());
    this.#every(SAVE_EVERY_MS, () => this.#save());
    signal.addEventListener("abort", () => void this.stop(), {once: true});
    this.ports.log.info({peer_id: this.self, listen: this.addresses()}, "network started");
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    const stack = this.#stack;
    if (!stack) return;
    this.#stack = undefined;
    await this.#save();
    // libp2p waits for peers that may be frozen.
    const gone = new Promise((resolve) => setTimeout(resolve, STOP_MS).unref());
    await Promise.race([Promise.resolve(stack.stop()).catch(() => undefined), gone]);
  }

  addresses(): readonly string[] {
    const seen = new Set<string>();
    for (const address of this.#stack?.getMultiaddrs() ?? []) {
      const endpoint = endpointOfMultiaddr(address.toString());
      if (endpoint) seen.add(formatEndpoint({...endpoint, id: this.self}));
    }
    return [...seen];
  }

  peers(): readonly PeerState[] {
    return this.#connections.states((id) => this.#reputation.scoreOf(id));
  }

  onPeer(listener: (id: PeerId, connected: boolean) => void): void {
    this.#listeners.push(listener);
  }

  send(to: PeerId, channel: Channel, message: Uint8Array): void {
    this.#connections.get(to)?.outbox.push(channel, message);
  }

  publish(channel: Channel, message: Uint8Array): void {
    const gossiped = channel === "transactions" || channel === "proofs";
    if (gossiped && message.length <= GOSSIP_MAX_BYTES) this.#gossip?.publish(channel, message);
    else for (const {outbox} of this.#connections.all()) outbox.push(channel, message);
  }

  subscribe(channel: Channel, subscriber: Subscriber): void {
    this.#subscribers.set(channel, subscriber);
    this.#gossip?.join(channel);
  }

  async request(to: PeerId, protocol: string, body: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    const connection = this.#connections.connectionTo(to);
    if (!connection) throw new UnavailableError("PEER_UNREACHABLE", `no connection to ${to.slice(0, 16)}`);
    try {
      return await ask(connection, protocol, body, options);
    } catch (error) {
      if (isMalformed(error)) this.#punish(to);
      throw error;
    }
  }

  serve(protocol: string, handler: Parameters<Network["serve"]>[1], limits: ServeLimits): void {
    const failed = (err: unknown): void => this.ports.log.error({err, protocol}, "a request could not be served");
    this.#desks.set(protocol, new RequestDesk(handler, limits, {nowMs: this.ports.nowMs, failed}));
    if (this.#stack) void this.#handle(protocol);
  }

  async #handle(protocol: string): Promise<void> {
    const answer = (stream: Stream, connection: Connection): void => {
      const from = this.#names.idOf(connection.remotePeer);
      if (from === undefined) return stream.abort(new Error("nobody"));
      this.#desks
        .get(protocol)!
        .answer(stream, from)
        .catch((error: unknown) => {
          if (isMalformed(error)) this.#punish(from);
        });
    };
    await this.#stack!.handle(requestProtocol(protocol), answer, {maxInboundStreams: 16});
  }

  #createStack(): Promise<Stack> {
    const {nowMs, randomBytes, metrics, log, agent} = this.ports;
    return createStack(this.options, {
      self: this.self,
      agent,
      names: this.#names,
      nowMs,
      randomBytes,
      context: () => this.#keys.context((id) => this.#admits(id)),
      handshaken: (outcome) => {
        metrics.handshake(outcome === "ok");
        if (outcome !== "ok") log.debug({err: outcome}, "a session did not come about");
      },
      scoreOf: (name) => {
        const id = this.#names.idOf(name);
        return id === undefined ? 0 : this.#reputation.scoreOf(id) - 50;
      },
      gater: {
        denyInboundConnection: () => this.#inbound() >= this.options.maxInbound + VALIDATOR_PLACES,
        denyInboundEncryptedConnection: (name, {remoteAddr}) => {
          const id = this.#names.idOf(name);
          if (id === undefined) return true;
          if (this.#isKept(id)) return false;
          const {host = ""} = endpointOfMultiaddr(remoteAddr.toString()) ?? {};
          return this.#inbound() >= this.options.maxInbound || this.#crowded(host);
        },
      },
    });
  }

  #inbound(): number {
    return this.peers().filter(({direction}) => direction === "inbound").length;
  }

  #placed(): {host: string; outbound: boolean}[] {
    return [...this.#connections.all()].map(({connections}) => {
      const {host = ""} = endpointOfMultiaddr(connections[0]!.remoteAddr.toString()) ?? {};
      return {host, outbound: connections.some(({direction}) => direction === "outbound")};
    });
  }

  /** Whether that neighbourhood holds as many as it may. */
  #crowded(host: string): boolean {
    const refusal = new Diversity(this.policy.diversity, this.policy.locate, this.#placed()).refusal({
      host,
      outbound: false,
    });
    if (refusal !== null) this.ports.metrics.crowded(refusal);
    return refusal !== null;
  }

  /** Validators and peers that the operator named are kept whatever the places. */
  #isKept(id: PeerId): boolean {
    return this.ports.validators().has(id) || this.options.peers.some((each) => each.id === id);
  }

  #admits(id: PeerId): boolean {
    if (this.options.revoked.includes(id) || this.#reputation.isBanned(id, this.ports.nowMs())) return false;
    return (!this.options.closed || this.#isKept(id)) && this.ports.admits(id);
  }

  #opened(connection: Connection): void {
    const id = this.#names.idOf(connection.remotePeer);
    if (id === undefined) return connection.abort(new Error("nobody"));
    if (connection.direction === "outbound") this.#learnFrom(id, connection);
    if (!this.#connections.opened(id, connection)) return;
    this.ports.log.info({peer: id, address: addressOf(connection), direction: connection.direction}, "peer connected");
    for (const listener of this.#listeners) listener(id, true);
    if (connection.direction === "outbound") void this.#askForPeers(id);
  }

  #closed(connection: Connection): void {
    const id = this.#names.idOf(connection.remotePeer);
    if (id === undefined || !this.#connections.closed(id, connection)) return;
    this.#budgets.delete(id);
    for (const desk of this.#desks.values()) desk.forget(id);
    this.ports.log.info({peer: id}, "peer disconnected");
    for (const listener of this.#listeners) listener(id, false);
  }

  #identified({
    peerId,
    agentVersion,
    listenAddrs,
  }: {
    peerId: unknown;
    agentVersion?: string;
    listenAddrs: readonly unknown[];
  }) {
    const id = this.#names.idOf(peerId as {toString(): string});
    const peer = id === undefined ? undefined : this.#connections.get(id);
    if (!peer || id === undefined) return;
    peer.agent = (agentVersion ?? "").replace(/[^\x20-\x7e]/g, "").slice(0, 64);
    const endpoint = listenAddrs.map((each) => endpointOfMultiaddr(String(each))).find((each) => each !== null);
    if (endpoint) this.#learn({...endpoint, id}, "discovered");
  }

  #learn(endpoint: Endpoint, source: Source): void {
    if (endpoint.id === null || endpoint.id === this.self) return;
    this.#book.insert(endpoint.id, newEntry(formatEndpoint(endpoint), source));
  }

  /** An address at which somebody answered is worth more than any that one was told. */
  #learnFrom(id: PeerId, connection: Connection): void {
    const endpoint = endpointOfMultiaddr(connection.remoteAddr.toString());
    if (!endpoint) return;
    const address = formatEndpoint({...endpoint, id});
    this.#book.insert(id, newEntry(address, "discovered"));
    this.#book.replace(id, {...this.#book.get(id)!, address, connectedAtMs: this.ports.nowMs()});
  }

  #hear(channel: Channel, stream: Stream, {remotePeer}: Connection): void {
    const from = this.#names.idOf(remotePeer);
    if (from === undefined) return stream.abort(new Error("nobody"));
    readFrames(stream, {
      maxBytes: MESSAGE_MAX_BYTES,
      broken: () => this.#punish(from),
      take: async (message) => {
        await this.#judge(channel, message, from);
        await this.#pace(from, message.length);
      },
    });
  }

  /** Reads no more from a peer that is above its budget until it is not. */
  async #pace(from: PeerId, bytes: number): Promise<void> {
    const nowMs = this.ports.nowMs();
    const budget = this.#budgets.get(from) ?? new Budget(DEFAULT_BUDGET, nowMs);
    if (this.#connections.get(from)) this.#budgets.set(from, budget);
    const waitMs = budget.charge(bytes, nowMs);
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }

  async #judge(channel: Channel, message: Uint8Array, from: PeerId): Promise<Verdict> {
    const subscriber = this.#subscribers.get(channel);
    if (!subscriber) return "ignore";
    let verdict: Verdict;
    try {
      verdict = await subscriber(message, from);
    } catch (err) {
      this.ports.log.error({err, channel}, "a message could not be taken");
      verdict = "ignore";
    }
    this.ports.metrics.received(channel, verdict, message.length);
    if (verdict === "reject") this.#punish(from);
    return verdict;
  }

  #punish(id: PeerId): void {
    if (!this.#reputation.judge(id, "reject", this.ports.nowMs())) return;
    this.ports.log.warn({peer: id}, "peer banned for what it sent");
    this.#hangUp(id);
  }

  #hangUp(id: PeerId): void {
    for (const connection of [...(this.#connections.get(id)?.connections ?? [])])
      connection.abort(new Error("this node ends the connection"));
  }

  #every(ms: number, act: () => void | Promise<void>): void {
    this.#timers.push(setInterval(() => void act(), ms).unref());
  }

  #dial(): void {
    const targets = this.#dialer.next(
      {
        self: this.self,
        nowMs: this.ports.nowMs(),
        book: this.#book,
        anchors: this.#anchors,
        isConnected: (id) => this.#connections.get(id) !== undefined,
        isRefused: (id) => !this.#admits(id),
        validators: this.ports.validators(),
        scoreOf: (id) => this.#reputation.scoreOf(id),
        placed: this.#placed(),
      },
      (address) => {
        const id = this.#reached.get(address);
        return id !== undefined && (id === this.self || this.#connections.get(id) !== undefined);
      },
    );
    for (const target of targets) void this.#dialOne(target);
  }

  async #dialOne(target: Endpoint): Promise<void> {
    const address = formatEndpoint(target);
    if (this.#dialling.has(address) || !this.#stack) return;
    this.#dialling.add(address);
    let ok = false;
    try {
      const suffix = target.id === null ? "" : `/p2p/${await this.#names.nameOf(target.id)}`;
      const connection = await this.#stack.dial(multiaddr(`${multiaddrOf(target)}${suffix}`));
      const id = this.#names.idOf(connection.remotePeer);
      if (id !== undefined) this.#reached.set(address, id);
      ok = true;
    } catch (err) {
      this.ports.log.debug({err, address}, "a peer could not be dialled");
    } finally {
      this.#dialer.tried(target, this.ports.nowMs(), ok);
      this.#dialling.delete(address);
      if (!ok && target.id !== null && !this.#isKept(target.id) && this.#dialer.isHopeless(target))
        this.#book.delete(target.id);
    }
  }

  async #heartbeat(): Promise<void> {
    await this.#keys.renew();
    this.#anchors = this.#longestKept();
    for (const peer of this.#connections.all()) void this.#ping(peer.id);
    const [first] = this.#shuffled();
    if (first !== undefined) await this.#askForPeers(first);
  }

  async #askForPeers(from: PeerId): Promise<void> {
    if (this.#book.size >= BOOK_CAPACITY) return;
    try {
      const learned = await this.#exchange.ask(from, (...question) => this.request(...question));
      for (const each of learned) this.#learn(each, "discovered");
    } catch (err) {
      this.ports.log.debug({err, peer: from}, "a peer tells of no others");
    }
  }

  async #ping(id: PeerId): Promise<void> {
    const connection = this.#connections.connectionTo(id);
    if (!connection || !this.#stack) return;
    try {
      const signal = AbortSignal.timeout(HEARTBEAT_TIMEOUT_MS);
      const latencyMs = await this.#stack.services.ping.ping(connection.remotePeer, {signal});
      this.#reputation.pong(id);
      const peer = this.#connections.get(id);
      if (peer) peer.latencyMs = latencyMs;
    } catch {
      if (this.#reputation.miss(id)) this.#hangUp(id);
    }
  }

  #longestKept(): PeerId[] {
    return [...this.#connections.all()]
      .filter(({connections}) => connections.some(({direction}) => direction === "outbound"))
      .sort((a, b) => a.connectedAtMs - b.connectedAtMs)
      .slice(0, ANCHORS)
      .map(({id}) => id);
  }

  #shuffled(): PeerId[] {
    const ids = [...this.#connections.all()].map(({id}) => id);
    const at = ids.length === 0 ? 0 : this.ports.randomBytes(1)[0]! % ids.length;
    return [...ids.slice(at), ...ids.slice(0, at)];
  }

  async #save(): Promise<void> {
    const anchors = this.#longestKept();
    await saveBook(this.ports.bookPath, this.#book, anchors.length > 0 ? anchors : this.#anchors).catch(
      (err: unknown) => this.ports.log.warn({err}, "the address book could not be written"),
    );
  }
}
