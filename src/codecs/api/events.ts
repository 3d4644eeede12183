/**
 * Events as the stream of `GET /api/v1/events` tells them (docs/decisions/0017-event-stream.md): one JSON object each,
 * with the number of the event in front. Member names are those of the reference's `watch`.
 */
import {DecodeError} from "../../errors.js";
import {STREAM_STATUSES} from "../chain/stream.js";
import {type Json, parseJson} from "./json.js";
import {slashReceiptMembers} from "./mining.js";
import {
  count,
  flag,
  named,
  object,
  omitEmpty,
  optional,
  type Shape,
  text,
  time,
  u64,
  type ValueOf,
  word,
} from "./shape.js";

const phase = word("active", "pending_unbond", "revoked");

/** Members of each topic's events. */
const MEMBERS = {
  blocks: {
    event: word("block"),
    height: u64,
    timeMs: named("time", time),
    blockId: text,
    transactionCount: count,
    proofCount: count,
  },
  slashes: {event: word("slash_resolved"), ...slashReceiptMembers},
  enrollments: {
    event: word("new", "transition", "stake_delta", "dropped"),
    height: u64,
    nodeId: text,
    owner: text,
    /** Absent once the record is dropped. */
    phase: optional(phase),
    /** Absent for a new record. */
    prevPhase: optional(phase),
    stakeDust: u64,
    prevStakeDust: optional(u64),
    slashable: flag,
    enrolledAtHeight: u64,
    revokedAtHeight: optional(u64),
    unbondMaturesAtHeight: optional(u64),
  },
  proofs: {
    event: word("proof_included", "proof_refused"),
    /** Height of the block that included it, or that came after it was refused. */
    height: u64,
    nodeId: text,
    proofId: text,
    epoch: u64,
    /** Height of the header that the proof quotes. */
    proofHeight: u64,
    minerAddr: text,
    /** Why it was refused. */
    reason: omitEmpty(text, ""),
    detail: omitEmpty(text, ""),
    /** The proof in its canonical JSON. */
    proof: text,
  },
  params: {
    event: word("param_activated"),
    height: u64,
    param: text,
    activeValue: u64,
    prevActiveValue: optional(u64),
  },
  streams: {
    event: word("stream_open", "stream_receipt", "stream_pause", "stream_resume", "stream_settle", "stream_close"),
    height: u64,
    streamId: text,
    payer: text,
    provider: text,
    serviceId: text,
    /** After the action, as are the amounts of the stream. */
    status: word(...STREAM_STATUSES),
    budgetDust: u64,
    accruedDust: u64,
    /** What the stream still holds. */
    escrowDust: u64,
    /** What the action paid out. */
    toProviderDust: u64,
    toPayerDust: u64,
  },
  rejections: {
    event: word("rejection"),
    height: named("block_height", u64),
    /** Number in the node's log of rejections. */
    logSeq: u64,
    recordedAtMs: named("recorded_at", time),
    kind: text,
    reason: omitEmpty(text, ""),
    arch: omitEmpty(text, ""),
    quotedHeight: named("height", omitEmpty(u64, 0n)),
    minerAddr: omitEmpty(text, ""),
    gpuName: omitEmpty(text, ""),
    certSubject: omitEmpty(text, ""),
    detail: omitEmpty(text, ""),
  },
} as const;

export type Topic = keyof typeof MEMBERS;
/** Every topic, in the order in which documents list them. */
export const TOPICS = Object.keys(MEMBERS) as readonly Topic[];

/** What a node keeps of an event: everything but its number. */
export const eventBody = {
  blocks: object(MEMBERS.blocks),
  slashes: object(MEMBERS.slashes),
  enrollments: object(MEMBERS.enrollments),
  proofs: object(MEMBERS.proofs),
  params: object(MEMBERS.params),
  streams: object(MEMBERS.streams),
  rejections: object(MEMBERS.rejections),
} as const satisfies Readonly<Record<Topic, Shape<never> | Shape<unknown>>>;
export type EventBody<T extends Topic> = ValueOf<(typeof eventBody)[T]>;

/** An event's JSON under its number. */
export const numbered = (seq: bigint, body: string): string => `{"seq":${seq},${body.slice(1)}`;

/** An event as a reader gets it. */
export type StreamEvent = {
  readonly [T in Topic]: {readonly seq: bigint; readonly topic: T; readonly body: EventBody<T>};
}[Topic];

/** The event in `data`. @throws DecodeError ANSWER_INVALID, JSON_INVALID */
export function readEvent(topic: string, data: string): StreamEvent {
  const shape = (eventBody as Readonly<Record<string, Shape<unknown>>>)[topic];
  if (!shape) throw new DecodeError("ANSWER_INVALID", `no topic ${topic}`, {details: {member: "event"}});
  const json = parseJson(data);
  return {seq: seqIn(json), topic, body: shape.read(json, topic)} as StreamEvent;
}

const withSeq = object({seq: u64});
const seqIn = (json: Json): bigint => withSeq.read(json, "event").seq;

/** First event of every stream, named `start`. */
export const streamStart = object({
  chainId: text,
  /** Number of the newest event: where a reader that named none starts. */
  headSeq: u64,
  /** Events up to this number are no longer kept. */
  prunedSeq: u64,
});
export type StreamStart = ValueOf<typeof streamStart>;

/** Event named `beat`: nothing was told lately, and everything up to `seq` is done. */
export const streamBeat = object({seq: u64});

/** What the data of an event can be, for OpenAPI. */
export const eventSchema = {
  description: "server-sent events; the name of an event is its topic, its id its number, its data one of these",
  oneOf: TOPICS.map((topic) => ({title: topic, ...object({seq: u64, ...MEMBERS[topic]}).schema})),
};
