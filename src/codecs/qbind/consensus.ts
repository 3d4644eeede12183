/**
 * Votes, certificates and proposals as QBIND's validators exchange them. Read to be shown, never spoken: our own
 * consensus messages are those of codecs/consensus.
 *
 * The reference's readers leave bytes behind a message unread; these refuse them.
 * Source: bft-ledger, section 2. Vectors: wire-consensus.vectors.json.
 */
import {concat} from "../bytes.js";
import type {Codec} from "../codec.js";
import {
  behind,
  blob,
  fixed,
  layout,
  list,
  optional,
  type Part,
  type PartValue,
  readMany,
  refuse,
  struct,
  u8,
  u16,
  u32,
  u64,
  writeMany,
} from "./layout.js";

/** Where and about what a statement is. `chainId` is a number of the wire, and none of the 64-bit chain ids. */
const position = {version: u8, chainId: u32, epoch: u64, height: u64, round: u64} as const;
const signature = blob(u16);

/** What a vote says; `step` is 0 for a prevote and 1 for a precommit. */
export const voteFields = {
  ...position,
  step: u8,
  blockId: fixed(32),
  validatorIndex: u16,
  suiteId: u16,
} as const;

export const vote = layout("vote", behind(Uint8Array.of(1), struct({...voteFields, signature})));
export type QbindVote = ReturnType<typeof vote.decode>;

const certificatePart = behind(
  Uint8Array.of(2),
  struct({
    ...position,
    step: u8,
    blockId: fixed(32),
    suiteId: u16,
    /** Bit i is validator i. */
    signerBitmap: blob(u16),
    /** Ascending by validator. */
    signatures: list(u16, signature),
  }),
);
export const certificate = layout("certificate", certificatePart);
export type QbindCertificate = PartValue<typeof certificatePart>;

const headerPart = struct({
  ...position,
  parentBlockId: fixed(32),
  payloadHash: fixed(32),
  proposerIndex: u16,
  suiteId: u16,
  txCount: u32,
  timestamp: u64,
  /** 0 is normal, 1 a reconfiguration. */
  payloadKind: u8,
  nextEpoch: u64,
  batchCommitment: fixed(32),
});
const justifyPart = optional(u32, certificatePart);
const txPart = blob(u32);

/** What a leader signs: all of a proposal but its type and its signature. */
export interface ProposalContent {
  readonly header: PartValue<typeof headerPart>;
  readonly qc: QbindCertificate | null;
  /** As many as the header counts. */
  readonly txs: readonly Uint8Array[];
}

export const proposalContent: Part<ProposalContent> = {
  minBytes: headerPart.minBytes + justifyPart.minBytes,
  write({header, qc, txs}, path) {
    if (header.txCount !== txs.length) refuse(`${path}.txs`, `are ${txs.length}, the header counts ${header.txCount}`);
    return concat(
      headerPart.write(header, `${path}.header`),
      justifyPart.write(qc, `${path}.qc`),
      writeMany(txs, txPart, `${path}.txs`),
    );
  },
  read(from, path) {
    const header = headerPart.read(from, `${path}.header`);
    const qc = justifyPart.read(from, `${path}.qc`);
    return {header, qc, txs: readMany(from, header.txCount, txPart, `${path}.txs`)};
  },
};

export interface QbindProposal extends ProposalContent {
  readonly signature: Uint8Array;
}
const signedProposal: Part<QbindProposal> = {
  minBytes: proposalContent.minBytes + signature.minBytes,
  write: (value, path) => concat(proposalContent.write(value, path), signature.write(value.signature, path)),
  read: (from, path) => ({...proposalContent.read(from, path), signature: signature.read(from, `${path}.signature`)}),
};
export const proposal: Codec<QbindProposal> = layout("proposal", behind(Uint8Array.of(3), signedProposal));
