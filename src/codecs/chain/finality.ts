/** What shows a block final to whoever trusts only a genesis (docs/decisions/0056-finality-proof.md). */
import {address} from "../address.js";
import {decodeCbor} from "../cbor/cbor.js";
import {blob, type FieldValue, fixed, list, nullable, record, text, u64} from "../cbor/record.js";
import {ML_DSA_44} from "../suite.js";
import {certificate, header} from "./block.js";

/**
 * Most headers of one proof: three unless views were given up between them. As many blocks as can wait to be final, so
 * that what ended an epoch can be written down and shown.
 */
export const FINALITY_HEADERS_MAX = 4_096;
/** Most bytes of a proof that is read: 1,000 validators need some 10 MB. */
export const FINALITY_MAX_BYTES = 16 * 1024 * 1024;

/** Most epochs that a proof is carried over: a light client goes over any number. */
export const EPOCH_STEPS_MAX = 1_000;
/** Most bytes of a proof with its steps. */
export const FINALITY_BUNDLE_MAX_BYTES = 4 * FINALITY_MAX_BYTES;

const digest = fixed(32);
/** Digests beside a path of the state's tree, from the root down. */
export const stateSiblings = list(digest, 256);
/** The leaf that a path ends in; null for an empty subtree. */
const endOfPath = nullable(record("leaf", {path: digest, valueHash: digest}));

/** The validators of an epoch as leaves of the state that they were drawn from. */
export const validatorSetProof = record("qsdm/validator-set/v1", {
  /** In order of index, all of them. */
  validators: list(
    record("member", {
      publicKey: fixed(ML_DSA_44.publicKeyBytes),
      power: u64,
      account: address,
      siblings: stateSiblings,
    }),
    1_000,
  ),
  /** That there is none behind the last: where its path ends instead. */
  end: record("absence", {siblings: stateSiblings, leaf: endOfPath}),
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
  siblings: stateSiblings,
  leaf: endOfPath,
  finality: finalityProof,
});
export type StateProof = FieldValue<typeof stateProof>;

const BUNDLE = "qsdm/finality-bundle/v1";

/**
 * A finality proof for whoever trusts the genesis alone, with a step for each epoch between: the state's record of the
 * epoch after the block that the epoch goes on from (docs/decisions/0070-light-client.md).
 */
export const finalityBundle = record(BUNDLE, {
  /** From epoch 1 to that of the proof, in order. */
  steps: list(stateProof, EPOCH_STEPS_MAX),
  finality: finalityProof,
});
export type FinalityBundle = FieldValue<typeof finalityBundle>;

/**
 * A proof as a file has it, with steps or without.
 * @throws DecodeError
 */
export function decodeFinality(bytes: Uint8Array): FinalityBundle {
  const wire = decodeCbor(bytes);
  if (Array.isArray(wire) && wire[0] === BUNDLE) return finalityBundle.fromWire(wire, BUNDLE);
  return {steps: [], finality: finalityProof.fromWire(wire, "proof")};
}
