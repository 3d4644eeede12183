/** Calls between parties of a quorum over sealed channels: what is asked, and what is answered. */
import {blob, type FieldValue, fixed, flag, list, nullable, record, text, u32, u64, word} from "../../cbor/record.js";
import type {Codec} from "../../codec.js";
import {PACKAGE_MAX_BYTES} from "../program-package.js";
import {attestation, sharedAttestations} from "./attestation.js";
import {attestationKind, MEASUREMENT_MAX_BYTES} from "./attestation-policy.js";
import {checkpoint, countersignature, countersigned, ENTRY_MAX_BYTES} from "./audit.js";
import {EARLIER_MAX, job} from "./job.js";
import {CUSTODIANS_MAX, signedRoster} from "./roster.js";
import {erasure, handover, leftBehind, takeoverPayload} from "./rotation.js";
import {approval, deposit, maskRequest, maskShares, prepared, result, ticket, withdrawal} from "./statements.js";

/** Longest message on a channel. */
export const MESSAGE_MAX_BYTES = 32 * 1024 * 1024;
const PROGRAMS_MAX = 4_096;

interface Method<A, B> {
  readonly ask: Codec<A>;
  readonly answer: Codec<B>;
}
const method = <A, B>(ask: Codec<A>, answer: Codec<B>): Method<A, B> => ({ask, answer});
export type Ask<M> = M extends Method<infer A, unknown> ? A : never;
export type Answer<M> = M extends Method<never, infer B> ? B : M extends Method<infer _, infer B> ? B : never;

const done = record("qvm/done/1", {});
const programPackage = blob({min: 2, max: PACKAGE_MAX_BYTES});
const certificate = record("qvm/certificate/1", {job, acknowledgements: list(prepared, CUSTODIANS_MAX)});
export type Certificate = FieldValue<typeof certificate>;
export const certificateCodec = certificate;

/** A range of triples or masks that a custodian holds and has not used. */
const range = record("qvm/range/1", {first: u64, count: u32});

/** What one custodian knows of another's machine. */
const attestationStanding = record("qvm/attestation-standing/1", {
  custodian: u32,
  /** Null where nothing stands. */
  kind: nullable(attestationKind),
  measurement: blob({max: MEASUREMENT_MAX_BYTES}),
  /** Milliseconds since 1970. */
  validUntilMs: u64,
  /** Why the last evidence was refused; empty where it was not. */
  refusal: text({maxBytes: 2_048}),
});
export type AttestationStanding = FieldValue<typeof attestationStanding>;

/** What it knows of a program. */
const programStatus = record("qvm/program-status/3", {
  programId: fixed(32),
  approvals: u32,
  /** Organisations that an approval is still to come from. */
  organisationsMissing: u32,
  withdrawals: u32,
  active: flag,
  sharing: u64,
  /** Of what all clients together may spend; null where nothing limits it. */
  budgetLeft: nullable(u64),
  /** Another number once approvals or withdrawals changed; of one connection. */
  revision: u64,
});
export type ProgramStatus = FieldValue<typeof programStatus>;

/** What a custodian says of itself, with the stock that is the asking coordinator's. */
export const custodianStatus = record("qvm/custodian-status/4", {
  /** 0 before the first keys. */
  epoch: u64,
  /** Of the newest keys that it prepared and was not told to use; 0 where there are none. */
  pending: u64,
  /** Number of the last job of everyone that it began. */
  run: u64,
  /** Below these, numbers were given out before. */
  nextTriple: u64,
  nextMask: u64,
  triples: list(range, PROGRAMS_MAX),
  masks: list(range, PROGRAMS_MAX),
  programs: list(programStatus, PROGRAMS_MAX),
  /** Of the others, where the roster demands attestation. */
  attestation: list(attestationStanding, CUSTODIANS_MAX),
});
export type CustodianStatus = FieldValue<typeof custodianStatus>;

/** Entries in one message. */
export const ENTRIES_MAX = 1_024;
const entries = list(blob({max: ENTRY_MAX_BYTES}), ENTRIES_MAX);
const proof = list(fixed(32), 64);

const outcome = record("qvm/outcome/2", {
  outcome: blob({max: 1024 * 1024}),
  rounds: u32,
  /** To all others together, before they are sealed. */
  sentBytes: u64,
});

const askAttestation = record("qvm/ask-attestation/1", {nonce: fixed(32)});

/** What a coordinator asks of a custodian. */
export const custodianMethods = {
  status: method(record("qvm/status/1", {}), custodianStatus),
  install: method(record("qvm/install/1", {package: programPackage}), done),
  approve: method(record("qvm/hand-approval/1", {approval}), done),
  suspend: method(record("qvm/hand-withdrawal/1", {withdrawal}), done),
  /** A program that it holds, and what custodians signed of it: another coordinator may have brought it. */
  holding: method(
    record("qvm/ask-holding/1", {programId: fixed(32)}),
    record("qvm/holding/1", {
      package: programPackage,
      approvals: list(approval, CUSTODIANS_MAX),
      withdrawals: list(withdrawal, CUSTODIANS_MAX),
    }),
  ),
  /** That of the job with that number, by which it uses what it uses. */
  certificate: method(
    record("qvm/ask-certificate/1", {run: u64}),
    record("qvm/held-certificate/1", {certificate: nullable(certificate)}),
  ),
  /** To be the only one that has all do something together, until it is given back. */
  turn: method(record("qvm/turn/1", {taken: flag}), done),
  /** What became of a ticket. Attempt 0: nothing. */
  ticket: method(
    record("qvm/ask-ticket/1", {ticket: fixed(32)}),
    record("qvm/known-ticket/1", {attempt: u32, result: nullable(result)}),
  ),
  masks: method(record("qvm/reserve/1", {request: maskRequest, first: u64}), maskShares),
  /** The outcome is a signed result, a signed acknowledgement, or empty. */
  run: method(record("qvm/run/1", {job}), outcome),
  commit: method(record("qvm/commit/1", {certificate}), done),
  /** Evidence of its machine, for the asker's nonce. Other custodians ask for it as well. */
  attest: method(askAttestation, record("qvm/attestation-answer/1", {attestation})),
  /** A nonce for evidence of the next roster's custodians. */
  challenge: method(record("qvm/ask-challenge/1", {}), record("qvm/challenge/1", {nonce: fixed(32)})),
  /** Tickets of the last queries of a client that it compares new ones with, the newest last. */
  queries: method(
    record("qvm/ask-queries/1", {programId: fixed(32), client: text({minBytes: 1, maxBytes: 63}), besides: fixed(32)}),
    record("qvm/last-queries/1", {tickets: list(fixed(32), EARLIER_MAX)}),
  ),
  /** One of them whole. */
  query: method(record("qvm/ask-query/1", {ticket: fixed(32)}), record("qvm/query/1", {ticket: nullable(ticket)})),
  /** A query that others evaluated. */
  learn: method(record("qvm/learn/1", {ticket}), done),
  handover: method(
    record("qvm/ask-handover/3", {
      next: signedRoster,
      run: u64,
      without: leftBehind,
      shown: nullable(sharedAttestations),
    }),
    record("qvm/handed-over/1", {handover}),
  ),
  retire: method(
    record("qvm/ask-erasure/1", {next: signedRoster, certificate}),
    record("qvm/erased-answer/1", {erasure}),
  ),
  /** Entries of the caller's audit log, those after what the custodian has read; none asks how many that are. */
  entries: method(record("qvm/entries/1", {entries}), record("qvm/entries-read/1", {size: u64})),
  countersign: method(
    record("qvm/ask-countersignature/1", {checkpoint}),
    record("qvm/countersigned/1", {countersignature}),
  ),
} as const;

/** What clients and operators ask of a coordinator. */
export const coordinatorMethods = {
  deploy: method(record("qvm/deploy/1", {package: programPackage, deposit: nullable(deposit)}), done),
  approve: method(
    record("qvm/hand-approval/1", {approval}),
    record("qvm/approved/2", {approvals: u32, organisationsMissing: u32, active: flag}),
  ),
  suspend: method(
    record("qvm/hand-withdrawal/1", {withdrawal}),
    record("qvm/withdrawn/1", {withdrawals: u32, active: flag}),
  ),
  program: method(
    record("qvm/program/1", {programId: fixed(32)}),
    record("qvm/program-answer/1", {package: programPackage}),
  ),
  masks: method(
    record("qvm/ask-masks/1", {request: maskRequest}),
    record("qvm/masks-answer/1", {shares: list(maskShares, CUSTODIANS_MAX)}),
  ),
  evaluate: method(
    /** `again`: it was handed to another coordinator before, and may be done. */
    record("qvm/ask-evaluation/2", {ticket, again: flag}),
    record("qvm/results/2", {
      results: list(result, CUSTODIANS_MAX),
      suspects: list(u32, CUSTODIANS_MAX),
      /** What it took. The coordinator's word alone. */
      traffic: record("qvm/traffic/2", {attempts: u32, rounds: u32, bytes: u64, triples: u32, bits: u32}),
    }),
  ),
  stock: method(
    record("qvm/ask-stock/1", {triples: u32, masks: u32}),
    record("qvm/stock/2", {triples: u64, masks: u64, lowTriples: u32, lowMasks: u32}),
  ),
  refresh: method(
    record("qvm/ask-refresh/1", {recovering: list(u32, CUSTODIANS_MAX)}),
    record("qvm/refreshed/1", {epoch: u64}),
  ),
  custodians: method(
    record("qvm/ask-custodians/1", {}),
    record("qvm/custodians/1", {statuses: list(nullable(custodianStatus), CUSTODIANS_MAX)}),
  ),
  /** What each custodian shows for the asker's nonce; null of those who give nothing. */
  attest: method(
    askAttestation,
    record("qvm/attestations/1", {attestations: list(nullable(attestation), CUSTODIANS_MAX)}),
  ),
  challenge: method(
    record("qvm/ask-challenges/1", {}),
    record("qvm/challenges/1", {nonces: list(fixed(32), CUSTODIANS_MAX)}),
  ),
  /** Programs with secrets, and what their shares are handed over in. */
  handover: method(
    record("qvm/ask-handovers/3", {next: signedRoster, without: leftBehind, shown: nullable(sharedAttestations)}),
    record("qvm/handovers/1", {
      handovers: list(handover, CUSTODIANS_MAX),
      packages: list(programPackage, PROGRAMS_MAX),
    }),
  ),
  takeover: method(
    record("qvm/ask-takeover/1", {payload: takeoverPayload, packages: list(programPackage, PROGRAMS_MAX)}),
    record("qvm/taken-over/1", {certificate}),
  ),
  retire: method(
    record("qvm/ask-erasures/1", {next: signedRoster, certificate}),
    record("qvm/erasures/1", {erasures: list(erasure, CUSTODIANS_MAX)}),
  ),
  audit: method(
    record("qvm/ask-entries/1", {from: u64, count: u32}),
    record("qvm/log-entries/1", {size: u64, entries}),
  ),
  checkpoint: method(
    record("qvm/ask-checkpoint/1", {}),
    record("qvm/newest-checkpoint/1", {countersigned: nullable(countersigned)}),
  ),
  /** A new one, where there are entries behind the newest. */
  seal: method(record("qvm/seal/1", {}), record("qvm/sealed/1", {countersigned})),
  inclusion: method(
    record("qvm/ask-inclusion/1", {index: u64, size: u64}),
    record("qvm/inclusion/1", {entry: blob({max: ENTRY_MAX_BYTES}), proof}),
  ),
  consistency: method(record("qvm/ask-consistency/1", {first: u64, size: u64}), record("qvm/consistency/1", {proof})),
} as const;

export type CustodianMethods = typeof custodianMethods;
export type CoordinatorMethods = typeof coordinatorMethods;

/** Why a call was refused. */
export const failure = record("qvm/failure/1", {
  kind: word("rule", "unavailable", "bug"),
  code: text({maxBytes: 64}),
  message: text({maxBytes: 2_048}),
  hint: text({maxBytes: 1_024}),
  reason: text({maxBytes: 64}),
  culprits: list(u32, CUSTODIANS_MAX),
});
export type Failure = FieldValue<typeof failure>;
