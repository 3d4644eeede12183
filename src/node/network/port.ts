/**
 * What the node needs of a network. Who speaks is proved by the session, so no message names its sender; what a message
 * means is for its channel's owner, who answers with a verdict.
 */
import {ENVELOPE_MAX_BYTES} from "../../codecs/chain/envelope.js";
import {PROOF_MAX_BYTES} from "../../codecs/mining/proof.js";
import type {Service} from "../service.js";

/**
 * 64 hex digits: SHA3-256 of a node's ML-DSA-44 identity key, whose possession the session proves. A validator's
 * identity key is its voting key, so that validators find each other from the chain alone.
 */
export type PeerId = string;

export const CHANNELS = ["consensus", "batches", "transactions", "proofs"] as const;
/** Messages of one channel keep their order; one channel never waits for another. */
export type Channel = (typeof CHANNELS)[number];

/** `reject` costs the sender. What is only early, late or known already is ignored: a duplicate is never punished. */
export type Verdict = "accept" | "ignore" | "reject";
export type Subscriber = (message: Uint8Array, from: PeerId) => Verdict | Promise<Verdict>;

/** Largest message of `send` and of an answer, in bytes. */
export const MESSAGE_MAX_BYTES = 8 * 1024 * 1024;

/** Largest message of a channel. A peer can have begun one on each, which is what it costs to be connected to it. */
export const CHANNEL_MAX_BYTES: Readonly<Record<Channel, number>> = {
  consensus: MESSAGE_MAX_BYTES,
  batches: MESSAGE_MAX_BYTES,
  transactions: ENVELOPE_MAX_BYTES,
  proofs: PROOF_MAX_BYTES,
};

/** One connected peer. */
export interface PeerState {
  readonly id: PeerId;
  /** Where it is, as this node reached it or was reached. */
  readonly address: string;
  readonly direction: "inbound" | "outbound";
  /** What it calls itself, for people: nothing proves it. */
  readonly agent: string;
  readonly connectedAtMs: number;
  /** Of the last answered ping; `null` before the first. */
  readonly latencyMs: number | null;
  /** From 0 to 100. */
  readonly score: number;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** A longer answer is refused before it is read, and the peer pays for it. */
  readonly maxBytes: number;
}

export interface ServeLimits {
  /** Longest request. */
  readonly maxBytes: number;
  /** Requests of one peer; more wait, and are refused when they wait too long. */
  readonly perSecond: number;
}

export interface Network extends Service {
  readonly self: PeerId;
  /** Where others can reach this node, as `PEERID@HOST:PORT`; empty before the start and without a listener. */
  addresses(): readonly string[];
  /** Connected peers. */
  peers(): readonly PeerState[];
  /** Tells of a peer that came (`true`) or went. */
  onPeer(listener: (id: PeerId, connected: boolean) => void): void;
  /** Best effort, in order for each peer and channel, bounded queue: the oldest of a full queue is dropped and counted. */
  send(to: PeerId, channel: Channel, message: Uint8Array): void;
  /** To everybody, by whatever way; what this node publishes it does not hear. */
  publish(channel: Channel, message: Uint8Array): void;
  /** One subscriber for each channel. */
  subscribe(channel: Channel, subscriber: Subscriber): void;
  /** @throws UnavailableError PEER_UNREACHABLE, PEER_REFUSED, PEER_TIMEOUT */
  request(to: PeerId, protocol: string, body: Uint8Array, options: RequestOptions): Promise<Uint8Array>;
  /** What a peer answered cannot be true: that costs it what a refused message does. */
  reject(id: PeerId): void;
  /** What `handler` throws is told to the peer by its code alone. */
  serve(protocol: string, handler: (body: Uint8Array, from: PeerId) => Promise<Uint8Array>, limits: ServeLimits): void;
}
