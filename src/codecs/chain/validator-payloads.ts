/** Payloads of those who vote, or want to (docs/decisions/0067-stake.md). */
import {address, digestHex} from "../address.js";
import {hexOf} from "../bytes.js";
import {encodeCbor} from "../cbor/cbor.js";
import {type FieldValue, fixed, record, u64, within} from "../cbor/record.js";
import {sha3} from "../hash.js";
import {ML_DSA_44} from "../suite.js";

/** Locks stake behind a voting key, or more of it. */
export const JOIN_CONTRACT = "qsdm/validator-join/v1";
/** Takes a voting key out, and its stake back after the unbonding time. */
export const LEAVE_CONTRACT = "qsdm/validator-leave/v1";
/** Puts a validator up for election again once its time in jail is over. */
export const UNJAIL_CONTRACT = "qsdm/validator-unjail/v1";

export const validatorJoin = within(
  4_096,
  record("validator-join", {
    publicKey: fixed(ML_DSA_44.publicKeyBytes),
    amountDust: u64,
    /** Signature of the voting key over `votingKeyClaim`: nobody can stake on a key that is not theirs. */
    possession: fixed(ML_DSA_44.signatureBytes),
  }),
);
export type ValidatorJoin = FieldValue<typeof validatorJoin>;

/** Names a validator by the digest of its voting key. */
const named = (tag: string) => within(128, record(tag, {validator: digestHex}));
export const validatorLeave = named("validator-leave");
export const validatorUnjail = named("validator-unjail");

/** What a validator is known by, as a voter, as a stake and as a peer: SHA3-256 of its voting key in hex. */
export const validatorIdOf = (publicKey: Uint8Array): string => hexOf(sha3(publicKey));

/** Bytes that the voting key signs to be registered by `owner`. */
export const votingKeyClaim = (chainId: string, owner: string, publicKey: Uint8Array): Uint8Array =>
  encodeCbor(["qsdm/voting-key/v1", chainId, owner, hexOf(publicKey)]);

/** One who has stake, as the state keeps it. */
export const stakeRecord = record("stake", {
  publicKey: fixed(ML_DSA_44.publicKeyBytes),
  /** Account that staked, gets the fees of its blocks and the stake back. */
  owner: address,
  stakeDust: u64,
  joinedAtHeight: u64,
  /** Height from which an unjail is taken; 0 while not in jail. */
  jailedUntilHeight: u64,
  /** Height before which the stake is not returned; 0 while it is not leaving. */
  maturesAtHeight: u64,
});
export type StakeRecord = FieldValue<typeof stakeRecord>;
