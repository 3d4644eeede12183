/** The network port over libp2p: sessions, streams and gossip. Whom this node speaks to is for `Gate` and `Finder`. */
import type {Connection, Stream} from "@libp2p/interface";
import {UnavailableError} from "../../../errors.js";
import {endpointOfMultiaddr, formatEndpoint} from "../address.js";
import {Budget, DEFAULT_BUDGET} from "../budget.js";
import type {NetworkOptions} from "../options.js";
import {
  CHANNEL_MAX_BYTES,
  CHANNELS,
  type Channel,
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
import {Finder} from "./finder.js";
import {Gate, type Policy} from "./gate.js";
import {Gossip} from "./gossip.js";
import {Names} from "./names.js";
import {channelProtocol} from "./outbox.js";
import {PeerExchange} from "./peer-exchange.js";
import {ask, RequestDesk, requestProtocol} from "./requests.js";
import {createStack, GOSSIP_MAX_BYTES, type Stack} from "./stack.js";
import {isMalformed, readFrames} from "./streams.js";

/** How often the policy turns, and how long it waits, in milliseconds. */
const DIAL_EVERY_MS = 250;
const HEARTBEAT_MS = 10_000;
const HEARTBEAT_TIMEOUT_MS = 5_000;
const SAVE_EVERY_MS = 60_000;
const STOP_MS = 2_000;

export class Libp2pNetwork implements Network {
  readonly self: PeerId;
  readonly #names = new Names((id) => id === this.self || this.#connections.get(id) !== undefined);
  readonly #keys: SessionKeys;
  readonly #connections: Connections;
  readonly #gate: Gate;
  readonly #finder: Finder;
  readonly #subscribers = new Map<Channel, Subscriber>();
  readonly #desks = new Map<string, RequestDesk>();
  readonly #listeners: ((id: PeerId, connected: boolean) => void)[] = [];
  readonly #budgets = new Map<PeerId, Budget>();
  readonly #timers: NodeJS.Timeout[] = [];
  #stack: Stack | undefined;
  #gossip: Gossip | undefined;

  constructor(
    private readonly options: NetworkOptions,
    private readonly ports: NetworkPorts,
    policy: Policy,
  ) {
    const {nowMs, metrics} = ports;
    this.#keys = new SessionKeys(ports);
    this.self = this.#keys.id;
    this.#connections = new Connections({
      self: this.self,
      nowMs,
      // As calls of the meter: a method without its object would throw after each message, and take the stream along.
      sent: (channel, bytes) => metrics.sent(channel, bytes),
      dropped: (channel, count) => metrics.dropped(channel, count),
      broke: (peer, channel, err) => ports.log.debug({err, peer, channel}, "a stream to a peer broke"),
    });
    const connections = this.#connections;
    this.#gate = new Gate(options, ports, {policy, connections});
    const parts = {self: this.self, policy, gate: this.#gate, connections, names: this.#names};
    this.#finder = new Finder(options, ports, {...parts, request: (...question) => this.request(...question)});
    this.serve(PeerExchange.PROTOCOL, async (_body, from) => this.#finder.answer(from), PeerExchange.LIMITS);
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.#names.nameOf(this.self);
    await this.#finder.load();
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
    this.#every(DIAL_EVERY_MS, () => this.#finder.dial(stack));
    this.#every(HEARTBEAT_MS, () => this.#heartbeat());
    this.#every(SAVE_EVERY_MS, () => this.#finder.save());
    signal.addEventListener("abort", () => void this.stop(), {once: true});
    this.ports.log.info({peer_id: this.self, listen: this.addresses()}, "network started");
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    const stack = this.#stack;
    if (!stack) return;
    this.#stack = undefined;
    await this.#finder.save();
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
    return this.#connections.states((id) => this.#gate.scoreOf(id));
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

  reject(id: PeerId): void {
    this.#punish(id);
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
      context: () => this.#keys.context((id) => this.#gate.admits(id)),
      handshaken: (outcome) => {
        metrics.handshake(outcome === "ok");
        if (outcome !== "ok") log.debug({err: outcome}, "a session did not come about");
      },
      scoreOf: (name) => {
        const id = this.#names.idOf(name);
        return id === undefined ? 0 : this.#gate.scoreOf(id) - 50;
      },
      gater: {
        denyInboundConnection: () => this.#gate.isFull(),
        denyInboundEncryptedConnection: (name, {remoteAddr}) => {
          const id = this.#names.idOf(name);
          const {host = ""} = endpointOfMultiaddr(remoteAddr.toString()) ?? {};
          return id === undefined || this.#gate.refuses(id, host);
        },
      },
    });
  }

  #opened(connection: Connection): void {
    const id = this.#names.idOf(connection.remotePeer);
    if (id === undefined) return connection.abort(new Error("nobody"));
    if (connection.direction === "outbound") this.#finder.learnFrom(id, connection);
    if (!this.#connections.opened(id, connection)) return;
    this.ports.log.info({peer: id, address: addressOf(connection), direction: connection.direction}, "peer connected");
    for (const listener of this.#listeners) listener(id, true);
    if (connection.direction === "outbound") void this.#finder.ask(id);
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
    if (endpoint) this.#finder.learn({...endpoint, id}, "discovered");
  }

  #hear(channel: Channel, stream: Stream, {remotePeer}: Connection): void {
    const from = this.#names.idOf(remotePeer);
    if (from === undefined || !this.#connections.hears(from, channel, stream)) return stream.abort(new Error("nobody"));
    readFrames(stream, {
      maxBytes: CHANNEL_MAX_BYTES[channel],
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
    if (!this.#gate.reputation.judge(id, "reject", this.ports.nowMs())) return;
    this.ports.log.warn({peer: id}, "peer banned for what it sent");
    this.#hangUp(id);
  }

  #hangUp(id: PeerId): void {
    for (const connection of [...(this.#connections.get(id)?.connections ?? [])])
      connection.abort(new Error("this node ends the connection"));
  }

  #every(ms: number, act: () => void | Promise<void>): void {
    const attempt = async (): Promise<void> => act();
    // What one turn of a timer stumbles over must not end the node.
    const failed = (err: unknown): void => this.ports.log.error({err}, "the network could not tend to its peers");
    this.#timers.push(setInterval(() => void attempt().catch(failed), ms).unref());
  }

  async #heartbeat(): Promise<void> {
    await this.#keys.renew();
    for (const peer of this.#connections.all()) void this.#ping(peer.id);
    await this.#finder.askSomebody();
  }

  async #ping(id: PeerId): Promise<void> {
    const connection = this.#connections.connectionTo(id);
    if (!connection || !this.#stack) return;
    try {
      const signal = AbortSignal.timeout(HEARTBEAT_TIMEOUT_MS);
      const latencyMs = await this.#stack.services.ping.ping(connection.remotePeer, {signal});
      this.#gate.reputation.pong(id);
      const peer = this.#connections.get(id);
      if (peer) peer.latencyMs = latencyMs;
    } catch {
      if (this.#gate.reputation.miss(id)) this.#hangUp(id);
    }
  }
}
