/** CELL streams: a service that is paid by the second of its use (docs/decisions/0087-streams.md). */
import {address, digestHex} from "../address.js";
import {type FieldValue, fixed, nullable, record, text, u64, word} from "../cbor/record.js";

/** Its payload is QSDM's stream action, byte for byte (codecs/envelopes/actions.ts). */
export const STREAM_CONTRACT = "qsdm/streams/v1";

export const STREAM_ACTIONS = ["open", "receipt", "pause", "resume", "settle", "close"] as const;
export type StreamVerb = (typeof STREAM_ACTIONS)[number];
export const STREAM_STATUSES = ["active", "paused", "closed"] as const;
export type StreamStatus = (typeof STREAM_STATUSES)[number];

/** Longest id of a stream, of an action and of a service, in bytes. */
export const STREAM_NAME_MAX = 128;
const name = text({minBytes: 1, maxBytes: STREAM_NAME_MAX, pattern: /^[A-Za-z0-9._:-]+$/});

/** One stream. Times are nanoseconds since 1970. */
export const streamRecord = record("stream", {
  payer: address,
  provider: address,
  serviceId: name,
  /** Digest of what the payer uses the service with. */
  deviceIdHash: digestHex,
  /** Ed25519: signs how much was used. */
  sessionPublicKey: fixed(32),
  /** A period of use costs this much. */
  priceDust: u64,
  pricePeriodSeconds: u64,
  /** What the payer put in. */
  budgetDust: u64,
  maxActiveSeconds: u64,
  expiresAtNs: u64,
  status: word(...STREAM_STATUSES),
  /** Use up to the last receipt. */
  cumulativeActiveSeconds: u64,
  pausedDurationSeconds: u64,
  lastReceiptSequence: u64,
  lastReceiptObservedAtNs: nullable(u64),
  /** What the use comes to, what the provider has taken of it, and what went back to the payer. */
  accruedDust: u64,
  settledDust: u64,
  refundedDust: u64,
  openedAtNs: u64,
  lastPausedAtNs: nullable(u64),
  lastResumedAtNs: nullable(u64),
  closedAtNs: nullable(u64),
  lastAction: word(...STREAM_ACTIONS),
  lastActionId: name,
  lastActionAtNs: u64,
  actionCount: u64,
});
export type StreamRecord = FieldValue<typeof streamRecord>;

/** Dust that the stream still holds: neither paid out nor given back. */
export const escrowOf = ({
  budgetDust,
  settledDust,
  refundedDust,
}: Pick<StreamRecord, "budgetDust" | "settledDust" | "refundedDust">): bigint =>
  budgetDust - settledDust - refundedDust;
