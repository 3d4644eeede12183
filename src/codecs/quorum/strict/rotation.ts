/** Secrets handed from the custodians of one roster to those of the next, and erased behind them. */
import {type FieldValue, fixed, list, record, u32, u64} from "../../cbor/record.js";
import {CUSTODIANS_MAX, signedRoster} from "./roster.js";
import {statement} from "./statement.js";
import {box} from "./statements.js";

const digest = fixed(32);
/** Programs whose secrets are handed over, or left behind. */
const PROGRAMS_MAX = 1_024;
/** Ids of programs. */
export const leftBehind = list(digest, PROGRAMS_MAX);

/** A custodian shares each of its shares among the next ones, and one of a mask that nobody knows. */
export const handover = statement(
  "qvm/handover/2",
  record("qvm/handover/2", {
    from: digest,
    to: digest,
    /** Number of the handover; each has another mask. */
    run: u64,
    custodian: u32,
    /** Programs in order of id, and the job that made the shares. */
    sharings: list(record("qvm/handover/sharing/1", {programId: digest, run: u64}), PROGRAMS_MAX),
    /** Programs whose secrets are not, in order of id. */
    left: leftBehind,
    /** For each of the next custodians. */
    boxes: list(box, CUSTODIANS_MAX),
  }),
);

/** A custodian has nothing left of a roster's secrets and keys. */
export const erasure = statement(
  "qvm/erased/1",
  record("qvm/erased/1", {
    from: digest,
    to: digest,
    custodian: u32,
    /** Milliseconds since 1970. */
    timeMs: u64,
  }),
);

export const takeoverPayload = record("qvm/job/takeover/1", {
  previous: signedRoster,
  /** The next roster, for what the ones before said of it. */
  next: signedRoster,
  handovers: list(handover, CUSTODIANS_MAX),
});
export type TakeoverPayload = FieldValue<typeof takeoverPayload>;
