/** A coordinator's audit log: its entries, and checkpoints that custodians sign as well. */
import {type FieldValue, fixed, list, nullable, record, text, u32, u64, within, word} from "../../cbor/record.js";
import {sha3} from "../../hash.js";
import {armored} from "./armor.js";
import {CUSTODIANS_MAX} from "./roster.js";
import {statement} from "./statement.js";

const digest = fixed(32);
export const ENTRY_MAX_BYTES = 1_024;

export const auditEntry = within(
  ENTRY_MAX_BYTES,
  record("qvm/audit-entry/1", {
    /** From 0. */
    index: u64,
    /** Milliseconds since 1970, by the coordinator's clock. */
    timeMs: u64,
    /** Leaf hash of the entry before; zeros in the first. */
    previous: digest,
    /** What was asked for; jobs have an entry before they run and one behind. */
    event: word("deploy", "approve", "suspend", "resume", "handover", "retire", "masks", "begin", "end"),
    /** The program's id, or digest of the approval, the withdrawal, the request or the job. */
    subject: digest,
    programId: nullable(digest),
    /** Who asked; empty for the coordinator itself, and where nobody has signed. */
    party: text({maxBytes: 63}),
    /** Kind of a job, else empty. */
    kind: text({maxBytes: 16}),
    /** `ok`, or the code that it failed with. */
    outcome: text({minBytes: 1, maxBytes: 64}),
    /** Of what an evaluation gave. */
    commitment: nullable(digest),
  }),
);
export type StrictAuditEntry = FieldValue<typeof auditEntry>;

/** What an entry says of a result: whoever knows the ticket's nonce can tell which it was. */
export const resultCommitment = (nonce: Uint8Array, masked: Uint8Array): Uint8Array =>
  sha3(COMMITMENT_TAG, nonce, masked);
const COMMITMENT_TAG = new TextEncoder().encode("qvm/result-commitment/1\0");

/** What a coordinator's log was at some time. */
export const checkpoint = statement(
  "qvm/checkpoint/1",
  record("qvm/checkpoint/1", {
    roster: digest,
    coordinator: u32,
    /** Number of entries. */
    size: u64,
    /** Root of the tree over them: RFC 6962, SHA-256. */
    root: digest,
    /** Leaf hash of the last. */
    head: digest,
    timeMs: u64,
  }),
);
/** A custodian has seen every entry up to a checkpoint, and none is missing of what it did itself. */
export const countersignature = statement(
  "qvm/countersign/1",
  record("qvm/countersign/1", {checkpoint: digest, custodian: u32}),
);

export const countersigned = record("qvm/checkpoint/1/countersigned", {
  checkpoint,
  countersignatures: list(countersignature, CUSTODIANS_MAX),
});
export type Countersigned = FieldValue<typeof countersigned>;
export const checkpointFile = armored("qsdm-quorum-checkpoint", countersigned, 256 * 1024);
