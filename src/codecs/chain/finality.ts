/** What shows a block final to whoever trusts only a genesis (docs/decisions/0056-finality-proof.md). */
import {address} from "../address.js";
import {blob, type FieldValue, fixed, list, nullable, record, text, u64} from "../cbor/record.js";
import {ML_DSA_44} from "../suite.js";
import {certificate, header} from "./block.js";

/** Most headers of one proof: three unless views were given up between them. */
export const FINALITY_HEADERS_MAX = 256;
/** Most bytes of a proof that is read: 1,000 validators need some 10 MB. */
export const FINALITY_MAX_BYTES = 16 * 1024 * 1024;

const digest = fixed(32);
/** Digests beside a path of the state's tree, from the root down. */
const siblings = list(digest, 256);
/** The leaf that a path ends in; null for an empty subtree. */
const endOfPath = nullable(record("leaf", {path: digest, valueHash: digest}));

/** The validators of an epoch as leaves of the state that they were drawn from. */
export const validatorSetProof = record("qsdm/validator-set/v1", {
  /** In order of index, all of them. */
  validators: list(
    record("member", {publicKey: fixed(ML_DSA_44.publicKeyBytes), power: u64, account: address, siblings}),
    1_000,
  ),
  /** That there is none behind the last: where its path ends instead. */
  end: record("absence", {siblings, leaf: endOfPath}),
});
export type ValidatorSetProof = FieldValue<typeof validatorSetProof>;

export const finalityProof = record("qsdm/finality/v1", {
  /** From the block that is final upwards, each the parent of the next; the last three are of views without a gap. */
  headers: list(header, FINALITY_HEADERS_MAX),
  /** Of the last three headers. */
  certificates: list(certificate, 3),
  validatorSet: validatorSetProof,
});
export type FinalityProof = FieldValue<typeof finalityProof>;

/** Most bytes of a key or a value of the state that a proof carries. */
const STATE_KEY_MAX_BYTES = 256;
const STATE_VALUE_MAX_BYTES = 64 * 1024;

/**
 * What one key of the state holds after a final block, or that it holds nothing. The block's child carries the root:
 * who voted for the child vouches for it.
 */
export const stateProof = record("qsdm/state-proof/v1", {
  store: text({minBytes: 1, maxBytes: 64}),
  key: text({minBytes: 1, maxBytes: STATE_KEY_MAX_BYTES}),
  value: nullable(blob({max: STATE_VALUE_MAX_BYTES})),
  siblings,
  leaf: endOfPath,
  finality: finalityProof,
});
export type StateProof = FieldValue<typeof stateProof>;
