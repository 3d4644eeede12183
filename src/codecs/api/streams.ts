/** Answers of the stream routes (spec/qsdm-node.md 5 and 7.3). */

import {DecodeError} from "../../errors.js";
import {STREAM_ACTIONS, STREAM_STATUSES} from "../chain/stream.js";
import {formatNanoseconds, nanosecondsOf} from "../go/time.js";
import {
  flag,
  hex,
  list,
  named,
  object,
  omitEmpty,
  optional,
  type Shape,
  text,
  u64,
  type ValueOf,
  word,
} from "./shape.js";

/** Nanoseconds since 1970 as RFC 3339 text in UTC. */
const instant: Shape<bigint> = {
  write: (ns) => `"${formatNanoseconds(ns)}"`,
  read(json, path) {
    const ns = typeof json === "string" ? nanosecondsOf(json) : null;
    if (ns === null) throw new DecodeError("ANSWER_INVALID", `${path} is not a time`, {details: {member: path}});
    return ns;
  },
  schema: {type: "string", format: "date-time"},
};

const members = {
  streamId: text,
  payer: text,
  provider: text,
  serviceId: text,
  deviceIdHash: text,
  sessionPublicKey: hex(32),
  priceDust: u64,
  pricePeriodSeconds: u64,
  budgetDust: u64,
  maxActiveSeconds: u64,
  expiresAtNs: named("expires_at", instant),
  status: word(...STREAM_STATUSES),
  cumulativeActiveSeconds: u64,
  pausedDurationSeconds: u64,
  lastReceiptSequence: u64,
  lastReceiptObservedAtNs: named("last_receipt_observed_at", optional(instant)),
  accruedDust: u64,
  settledDust: u64,
  refundedDust: u64,
  openedAtNs: named("opened_at", instant),
  lastPausedAtNs: named("last_paused_at", optional(instant)),
  lastResumedAtNs: named("last_resumed_at", optional(instant)),
  closedAtNs: named("closed_at", optional(instant)),
  lastAction: word(...STREAM_ACTIONS),
  lastActionId: text,
  lastActionAtNs: named("last_action_at", instant),
  actionCount: u64,
} as const;

/** A stream as the reference writes it into its state root. */
export const streamState = object(members);
export type StreamState = ValueOf<typeof streamState>;

const streamView = object({...members, remainingBudgetDust: u64, unsettledDust: u64});
export type StreamView = ValueOf<typeof streamView>;

const origin = {runtime: word("qsdm-native"), source: word("chain"), stateRoot: text} as const;

/** `GET /api/v1/streams`. A reference node sends everything at once, and no cursor. */
export const streamPage = object({...origin, streams: list(streamView), nextCursor: omitEmpty(text, "")});
/** `GET /api/v1/streams/{id}`. */
export const streamAnswer = object({...origin, stream: streamView});

/** `GET /api/v1/streams/nonce`: the nonce that an account's next action carries. */
export const actionNonce = object({
  runtime: origin.runtime,
  source: origin.source,
  sender: text,
  actionNonce: u64,
  present: flag,
});

/** `POST /api/v1/streams/actions/submit-signed`. */
export const streamAccepted = object({
  actionId: text,
  streamId: text,
  action: text,
  sender: text,
  status: word("accepted"),
  mempoolStatus: word("submitted", "duplicate"),
});
