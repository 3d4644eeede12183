/** Every consensus store. What is not listed here is not under the state root. */
import {address, digestHex} from "../../../codecs/address.js";
import {blob, type FieldValue, fixed, flag, list, record, text, u64, word} from "../../../codecs/cbor/record.js";
import {type CapsuleRecord, capsuleRecord, type LocatorRecord, locatorRecord} from "../../../codecs/chain/capsule.js";
import {PHASE_REASONS, PHASES} from "../../../codecs/chain/monetary.js";
import {type AnchoredLog, quorumAnchorRecord} from "../../../codecs/chain/quorum-anchor.js";
import {QUORUM_STAKE_STORE, type QuorumStakeRecord, quorumStakeRecord} from "../../../codecs/chain/quorum-stake.js";
import {type StreamRecord, streamRecord} from "../../../codecs/chain/stream.js";
import {type StakeRecord, stakeRecord} from "../../../codecs/chain/validator-payloads.js";
import {type VestingRecord, vestingRecord} from "../../../codecs/chain/vesting.js";
import {ML_DSA_44, ML_DSA_87} from "../../../codecs/suite.js";
import {enrollmentRecord} from "../enrollment/record.js";
import type {Store} from "./state.js";

const accountRecord = record("account", {
  balanceDust: u64,
  /** Nonce that the next transaction must carry. */
  nonce: u64,
});
export type Account = FieldValue<typeof accountRecord>;
/** By address. */
export const accounts: Store<Account> = {name: "account", codec: accountRecord};

const keyRecord = record("key", {publicKey: fixed(ML_DSA_87.publicKeyBytes)});
/** By address: the key that signed its first transaction, so that later ones can leave it out. */
export const accountKeys: Store<FieldValue<typeof keyRecord>> = {name: "key", codec: keyRecord};

/** By node id. */
export const enrollments: Store<FieldValue<typeof enrollmentRecord>> = {name: "enrollment", codec: enrollmentRecord};

const nodeIdRecord = record("node", {nodeId: text({minBytes: 1, maxBytes: 64})});
/** By GPU identity: the active record that the GPU backs. */
export const gpuBindings: Store<FieldValue<typeof nodeIdRecord>> = {name: "gpu", codec: nodeIdRecord};
/** By maturity height (20 digits) and node id, so that a block reads only the bonds it returns. */
export const maturities: Store<FieldValue<typeof nodeIdRecord>> = {name: "maturity", codec: nodeIdRecord};

/** By owner and node id: active records whose bond their rewards still have to fill. */
export const deferredBonds: Store<FieldValue<typeof nodeIdRecord>> = {name: "deferred", codec: nodeIdRecord};

const evidenceRecord = record("evidence", {slashedAtHeight: u64});
/** By replay key: offences that were punished. */
export const evidence: Store<FieldValue<typeof evidenceRecord>> = {name: "evidence", codec: evidenceRecord};

const proofRecord = record("proof", {proofId: fixed(32)});
/** By height (20 digits) and node id: proofs that were rewarded, kept while a second one could still be offered. */
export const rewardedProofs: Store<FieldValue<typeof proofRecord>> = {name: "proof", codec: proofRecord};

const difficultyRecord = record("difficulty", {
  value: u64,
  /** Time of the block from which the proofs of this interval are counted. */
  sinceMs: u64,
  /** Proofs that the blocks after that one have included. */
  proofs: u64,
});
export type Difficulty = FieldValue<typeof difficultyRecord>;
/** By the first height of its interval (20 digits): what a proof that quotes a header from there on has to meet. */
export const difficulties: Store<Difficulty> = {name: "difficulty", codec: difficultyRecord};

const paramRecord = record("param", {value: u64});
/** By name: parameters that the community can change. */
export const params: Store<FieldValue<typeof paramRecord>> = {name: "param", codec: paramRecord};

const authorityRecord = record("authority", {sinceHeight: u64});
/** By address: who votes on changes of the chain itself. */
export const authorities: Store<FieldValue<typeof authorityRecord>> = {name: "authority", codec: authorityRecord};

const voter = text({minBytes: 1, maxBytes: 128});
const proposalRecord = record("proposal", {
  /** Of its first vote: what is to happen. */
  payload: blob({min: 2, max: 4_096}),
  proposer: voter,
  proposedAtHeight: u64,
  /** Height at which it had its votes; 0 while it lacks some. */
  stagedAtHeight: u64,
  /** In the order of their votes; nobody where weight decides. */
  voters: list(voter, 64),
  /** Of the votes for a submesh to go; 0 for every other proposal. */
  weight: u64,
});
export type ProposalRecord = FieldValue<typeof proposalRecord>;
/** By height of activation (20 digits) and what is to happen (governance/proposals.ts). */
export const proposals: Store<ProposalRecord> = {name: "proposal", codec: proposalRecord};

const reputationRecord = record("reputation", {
  /** As of `period`; halved for each one since. */
  points: u64,
  period: u64,
});
export type ReputationRecord = FieldValue<typeof reputationRecord>;
/** By address: what work for the chain has earned (governance/reputation.ts). */
export const reputations: Store<ReputationRecord> = {name: "reputation", codec: reputationRecord};
/** One record, under `EPOCH_KEY`: of everybody together. */
export const totalReputation: Store<ReputationRecord> = {name: "reputation-total", codec: reputationRecord};

const submeshVoteRecord = record("submesh-vote", {weight: u64});
/** By proposal and address: votes for a submesh to go, while their proposal waits. */
export const submeshVotes: Store<FieldValue<typeof submeshVoteRecord>> = {
  name: "submesh-vote",
  codec: submeshVoteRecord,
};

const retiredSubmeshRecord = record("retired-submesh", {
  /** First height without it. */
  sinceHeight: u64,
  /** Of the votes that were for it. */
  weight: u64,
});
export type RetiredSubmesh = FieldValue<typeof retiredSubmeshRecord>;
/** By name; for good. */
export const retiredSubmeshes: Store<RetiredSubmesh> = {name: "retired-submesh", codec: retiredSubmeshRecord};

const supplyRecord = record("supply", {genesisDust: u64, minedDust: u64, burnedDust: u64});
export type Supply = FieldValue<typeof supplyRecord>;
/** One record, under `SUPPLY_KEY`. */
export const supply: Store<Supply> = {name: "supply", codec: supplyRecord};
export const SUPPLY_KEY = "total";

const baseFeeRecord = record("base-fee", {dust: u64});
/** One record, under `EPOCH_KEY`, while the base fee stands above the least that it can be. */
export const baseFees: Store<FieldValue<typeof baseFeeRecord>> = {name: "base-fee", codec: baseFeeRecord};

const epochFeesRecord = record("epoch-fees", {paidDust: u64});
/** One record, under `EPOCH_KEY`: fees paid in this epoch of the monetary engine so far. */
export const epochFees: Store<FieldValue<typeof epochFeesRecord>> = {name: "epoch-fees", codec: epochFeesRecord};

const monetaryRecord = record("monetary", {
  /** Number of the epoch that this was decided at the end of. */
  epoch: u64,
  /** Of the epoch that follows. */
  phase: word(...PHASES),
  phaseReason: word(...PHASE_REASONS),
  feesDust: u64,
  averageFeesDust: u64,
  /** Moving average of how far an epoch's fees were from `averageFeesDust` before it. */
  averageDeviationDust: u64,
  stakedDust: u64,
  circulatingDust: u64,
  coverageBps: u64,
  stakeRatioBps: u64,
  rateBps: u64,
  floorApplied: flag,
  capApplied: flag,
  /** What was issued, or would have been in shadow mode. */
  issuedDust: u64,
  validatorsDust: u64,
  treasuryDust: u64,
  insuranceDust: u64,
  communityDust: u64,
});
export type MonetaryRecord = FieldValue<typeof monetaryRecord>;
/** One record, under `EPOCH_KEY`, from the end of the first epoch on. */
export const monetary: Store<MonetaryRecord> = {name: "monetary", codec: monetaryRecord};

/** By beneficiary: money that vests, until all of it is claimed. */
export const vestings: Store<VestingRecord> = {name: "vesting", codec: vestingRecord};

/** By stream id; a closed one stays, so that nobody can bill its receipts a second time under its name. */
export const streams: Store<StreamRecord> = {name: "stream", codec: streamRecord};

/** By owner. */
export const capsules: Store<CapsuleRecord> = {name: "recovery-capsule", codec: capsuleRecord};
/** By locator, for those who have their words and nothing else. */
export const capsuleLocators: Store<LocatorRecord> = {name: "recovery-locator", codec: locatorRecord};

const validatorRecord = record("validator", {
  publicKey: fixed(ML_DSA_44.publicKeyBytes),
  power: u64,
  /** Account that receives its fees. */
  account: address,
});
export type Validator = FieldValue<typeof validatorRecord>;
/** By index (8 digits): who votes. */
export const validators: Store<Validator> = {name: "validator", codec: validatorRecord};
export const validatorKey = (index: number): string => index.toString().padStart(8, "0");

/** By validator id: everybody with stake, whether or not they vote now. */
export const stakes: Store<StakeRecord> = {name: "stake", codec: stakeRecord};

const stakeMaturityRecord = record("stake-maturity", {
  validator: digestHex,
  /** Not before a block of this time, in milliseconds since 1970: blocks may come quicker than they are counted on to. */
  notBeforeMs: u64,
});
/** By maturity height (20 digits) and validator id. */
export const stakeMaturities: Store<FieldValue<typeof stakeMaturityRecord>> = {
  name: "stake-maturity",
  codec: stakeMaturityRecord,
};

const epochRecord = record("epoch", {
  number: u64,
  /** Height of the block that the epoch goes on from: the last of the one before. */
  originHeight: u64,
});
export type Epoch = FieldValue<typeof epochRecord>;
/** One record, under `EPOCH_KEY`: whose turn the next block is. */
export const epochs: Store<Epoch> = {name: "epoch", codec: epochRecord};
export const EPOCH_KEY = "current";

const validatorAttestationRecord = record("validator-attestation", {
  /** Digest of the device's key, 16 bytes in hex. */
  deviceId: text({minBytes: 32, maxBytes: 32}),
  gpuArch: text({minBytes: 1, maxBytes: 32}),
  driver: text({minBytes: 1, maxBytes: 32}),
  firmware: text({minBytes: 1, maxBytes: 32}),
  attestedAtHeight: u64,
  /** From this height on it counts no more. */
  expiresAtHeight: u64,
});
export type AttestedValidator = FieldValue<typeof validatorAttestationRecord>;
/** By the validator's account; an expired one stays until the next. */
export const validatorAttestations: Store<AttestedValidator> = {
  name: "validator-attestation",
  codec: validatorAttestationRecord,
};

/** By `anchorKey`: the newest that an account said of a quorum's audit log. */
export const quorumAnchors: Store<AnchoredLog> = {name: "quorum-anchor", codec: quorumAnchorRecord};

/** By digest of a client's key: what is locked for it, and what of it is on its way back. */
export const quorumStakes: Store<QuorumStakeRecord> = {name: QUORUM_STAKE_STORE, codec: quorumStakeRecord};

const quorumReleaseRecord = record("quorum-releasing", {key: digestHex, amountDust: u64});
/** By maturity height (20 digits), key, and nonce (20 digits) of the transaction that released it. */
export const quorumReleases: Store<FieldValue<typeof quorumReleaseRecord>> = {
  name: "quorum-release",
  codec: quorumReleaseRecord,
};

const txIdRecord = record("txid", {txId: digestHex});
/** By digest of the id that a client chose; empty on strict chains (tx-ids.ts). */
export const txIds: Store<FieldValue<typeof txIdRecord>> = {name: "txid", codec: txIdRecord};

/** Stores by name, to read a database back. */
export const ALL_STORES: ReadonlyMap<string, Store<unknown>> = new Map(
  [
    accounts,
    accountKeys,
    enrollments,
    gpuBindings,
    maturities,
    deferredBonds,
    evidence,
    rewardedProofs,
    difficulties,
    params,
    authorities,
    proposals,
    reputations,
    totalReputation,
    submeshVotes,
    retiredSubmeshes,
    supply,
    baseFees,
    epochFees,
    monetary,
    vestings,
    streams,
    capsules,
    quorumAnchors,
    quorumStakes,
    quorumReleases,
    capsuleLocators,
    validators,
    stakes,
    stakeMaturities,
    epochs,
    validatorAttestations,
    txIds,
  ].map((store) => [store.name, store as Store<unknown>]),
);

/** A height as a key part whose text order is its numeric order. */
export const heightKey = (height: bigint): string => height.toString().padStart(20, "0");
