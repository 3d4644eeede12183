/** What custodians compute together. A job is named by the digest of all that it says, so nobody runs another one. */
import {blob, type FieldValue, fixed, list, record, u32, u64, word} from "../../cbor/record.js";
import type {Codec} from "../../codec.js";
import {sha3} from "../../hash.js";
import {CUSTODIANS_MAX} from "./roster.js";
import {deposit, ticket} from "./statements.js";

/** Programs whose secrets one job renews. */
const PROGRAMS_MAX = 1_024;
/** Triples, and masks, that one job makes at most. Among many custodians it is fewer. */
export const STOCK_MAX = 100_000;

export const job = record("qvm/job/2", {
  roster: fixed(32),
  kind: word("refresh", "deposit", "takeover", "stock", "evaluate"),
  /** Number of this job: above all that went before. */
  run: u64,
  /** Whose keys it uses: number of the job that made them, 0 before the first. */
  epoch: u64,
  /** Places of those who take part, ascending. */
  participants: list(u32, CUSTODIANS_MAX),
  /** By kind. */
  payload: blob({max: 4 * 1024 * 1024}),
});
export type Job = FieldValue<typeof job>;
export const jobDigest = (content: Job): Uint8Array => sha3(job.encode(content));

/** New keys, and new shares of every secret. */
export const refreshPayload = record("qvm/job/refresh/1", {
  /** Places of those who lost their shares and get them back. */
  recovering: list(u32, CUSTODIANS_MAX),
  /** Programs with secrets, and the job that made their present shares. */
  sharings: list(record("qvm/sharing/1", {programId: fixed(32), run: u64}), PROGRAMS_MAX),
});
export const depositPayload: Codec<FieldValue<typeof deposit>> = deposit;
/** Triples and masks, to be numbered from `first`. */
export const stockPayload = record("qvm/job/stock/1", {
  firstTriple: u64,
  triples: u32,
  firstMask: u64,
  masks: u32,
});
/** Earlier queries that one is compared with at most. */
export const EARLIER_MAX = 64;
export const evaluatePayload = record("qvm/job/evaluate/3", {
  ticket,
  attempt: u32,
  firstTriple: u64,
  /** Job that made the shares of the program's secrets; 0 where it has none. */
  sharing: u64,
  /** Tickets of earlier queries that all participants compare this one with, where the program is watched. */
  earlier: list(fixed(32), EARLIER_MAX),
});
export type EvaluatePayload = FieldValue<typeof evaluatePayload>;
