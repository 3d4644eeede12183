/** What is kept of an epoch: who votes in it, and what made the last block of the one before final. */
import {type FieldValue, list, record, u64} from "../cbor/record.js";
import {block, certificate} from "./block.js";
import {FINALITY_HEADERS_MAX, stateSiblings, validatorSetProof} from "./finality.js";

export const epochRow = record("qsdm/epoch/v1", {
  number: u64,
  /** Height of the last block of the epoch before. */
  originHeight: u64,
  /** Shown under the state after that block. */
  validatorSet: validatorSetProof,
  /** Beside the path of the state's record of the epoch, under the same root. */
  siblings: stateSiblings,
  /**
   * The blocks that closed the epoch before, from the one on its last block upwards, each with its certificate. They
   * hold nothing and are no part of the chain.
   */
  closing: list(record("certified", {block, certificate}), FINALITY_HEADERS_MAX),
});
export type EpochRow = FieldValue<typeof epochRow>;
