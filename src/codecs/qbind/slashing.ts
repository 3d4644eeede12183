/**
 * What QBIND's nodes hash to name evidence against a validator. Nothing in it proves anything: signatures are carried
 * and verified by nobody, so it is read and never acted on.
 * Source: bft-ledger, section 9. Vectors: slashing.vectors.json.
 */
import {utf8} from "../bytes.js";
import {sha3} from "../hash.js";
import {
  behind,
  blob,
  fixed,
  layout,
  list,
  type Part,
  type PartValue,
  refuse,
  struct,
  u8,
  u32be,
  u64be,
} from "./layout.js";

const signature = blob(u32be);
const lazyVote = struct({blockId: fixed(32), signature});

/** By the number of the offence, from 1 on. */
const PAYLOADS = {
  O1_double_sign: struct({blockIdA: fixed(32), blockIdB: fixed(32), sigA: signature, sigB: signature}),
  O2_invalid_proposer_sig: struct({batchCommitment: fixed(32), badSignature: signature}),
  O3a_lazy_vote_single: lazyVote,
  O3b_lazy_vote_repeated: lazyVote,
  O4_invalid_dag_cert: struct({batchCommitment: fixed(32), dagRound: u64be, signatures: list(u32be, signature)}),
  O5_dag_coupling_violation: struct({
    ...{batchCommitment: fixed(32), dagRound: u64be},
    frontierCommitments: list(u32be, fixed(32)),
  }),
};
export type QbindOffence = keyof typeof PAYLOADS;
const OFFENCES = Object.keys(PAYLOADS) as QbindOffence[];

/** The offence and what is said of it. */
type Said = {
  [K in QbindOffence]: {readonly offence: K; readonly payload: PartValue<(typeof PAYLOADS)[K]>};
}[QbindOffence];

const partOf = (offence: QbindOffence): Part<Said["payload"]> => PAYLOADS[offence] as Part<Said["payload"]>;

const said: Part<Said> = {
  minBytes: 1 + Math.min(...OFFENCES.map((each) => PAYLOADS[each].minBytes)),
  write({offence, payload}, path) {
    const number = u8.write(OFFENCES.indexOf(offence) + 1, `${path}.offence`);
    return Uint8Array.of(...number, ...partOf(offence).write(payload, `${path}.payload`));
  },
  read(from, path) {
    const number = u8.read(from, `${path}.offence`);
    const offence = OFFENCES[number - 1] ?? refuse(`${path}.offence`, `is ${number}, and there are ${OFFENCES.length}`);
    return {offence, payload: partOf(offence).read(from, `${path}.payload`)} as Said;
  },
};

export const qbindEvidence = layout(
  "evidence",
  behind(utf8("QBIND:slash:evidence:v1"), struct({validator: u64be, height: u64be, view: u64be, said})),
);
export type QbindEvidence = ReturnType<typeof qbindEvidence.decode>;

/** The name that the reference gives it: 32 bytes. */
export const qbindEvidenceId = (evidence: QbindEvidence): Uint8Array => sha3(qbindEvidence.encode(evidence));
