/** Money that somebody locks for a client of quorum programs (docs/decisions/0108-quorum-stake.md). */
import {address, digestHex} from "../address.js";
import {hexOf} from "../bytes.js";
import {encodeCbor} from "../cbor/cbor.js";
import {type FieldValue, fixed, record, u64, within} from "../cbor/record.js";
import {sha3} from "../hash.js";
import {ML_DSA_87} from "../suite.js";

/** Locks money behind a client's key, or more of it. */
export const QUORUM_STAKE_CONTRACT = "qsdm/quorum-stake/v1";
/** Takes some or all of it out again, after the unbonding time. */
export const QUORUM_RELEASE_CONTRACT = "qsdm/quorum-release/v1";

export const quorumStake = within(
  8_192,
  record("quorum-stake", {
    /** That signs the client's requests: the signing key of its card. */
    publicKey: fixed(ML_DSA_87.publicKeyBytes),
    amountDust: u64,
    /** Signature of that key over `quorumKeyClaim`: nobody can stake on a key that is not theirs. */
    possession: fixed(ML_DSA_87.signatureBytes),
  }),
);
export type QuorumStake = FieldValue<typeof quorumStake>;

export const quorumRelease = within(
  128,
  record("quorum-release", {
    /** As `quorumKeyOf` names it. */
    key: digestHex,
    amountDust: u64,
  }),
);

/** What the state knows a client's key by: SHA3-256 of it in hex. */
export const quorumKeyOf = (publicKey: Uint8Array): string => hexOf(sha3(publicKey));

/** Bytes that the client's key signs to be staked on by `owner`. */
export const quorumKeyClaim = (chainId: string, owner: string, publicKey: Uint8Array): Uint8Array =>
  encodeCbor(["qsdm/quorum-key/v1", chainId, owner, hexOf(publicKey)]);

/** Name of the state's store of stakes, by `quorumKeyOf`. */
export const QUORUM_STAKE_STORE = "quorum-stake";

/** What is behind one key, as the state keeps it. */
export const quorumStakeRecord = record("quorum-staked", {
  /** Account that staked, and gets it back. */
  owner: address,
  /** What counts for custodians. */
  stakeDust: u64,
  /** What is on its way back, and counts no more. */
  releasingDust: u64,
  /** Height at which the last of that is back; 0 where nothing is. */
  returnedAtHeight: u64,
});
export type QuorumStakeRecord = FieldValue<typeof quorumStakeRecord>;
