/** Who vouches for the header that a freshness accusation rests on. The accuser's word is not enough. */
import {hexOf} from "../../../codecs/bytes.js";
import {RuleError} from "../../../errors.js";
import type {BlockContext} from "../chain/contract.js";

/** A header as an accuser claims it. */
export interface Anchor {
  readonly height: bigint;
  /** 32 bytes: the header hash that the proof quotes. */
  readonly headerHash: Uint8Array;
  /** Unix seconds. */
  readonly blockTime: bigint;
  /** 32 bytes: the proof that is said to be stale. */
  readonly proofId: Uint8Array;
}

export interface AnchorWitness {
  /** @throws RuleError when the chain did not certify such a header */
  check(anchor: Anchor): void;
}

/**
 * The chain as its own witness: every block below the one that holds the slash was certified by more than two thirds of
 * the power, or nothing could have been built on it. Its time is the one that they signed; when the proof arrived, and
 * which block took it up, is no part of it.
 */
export const witnessOf = (block: Pick<BlockContext, "ancestor">): AnchorWitness => ({
  check({height, headerHash, blockTime}) {
    const certified = block.ancestor(height);
    if (!certified)
      throw new RuleError("ANCHOR_UNVERIFIABLE", `this chain has no certified header at height ${height} to show`);
    if (certified.id !== hexOf(headerHash))
      throw new RuleError(
        "ANCHOR_MISMATCH",
        `the proof quotes another header than the chain certified at height ${height}`,
      );
    const time = certified.timeMs / 1_000n;
    if (time !== blockTime)
      throw new RuleError(
        "ANCHOR_MISMATCH",
        `the header at height ${height} was certified with time ${time}, not ${blockTime}`,
      );
  },
});

/** For chains on which a MAC under a public key is all that a proof carries: anybody can write a stale one. */
export const REFUSE_ANCHORS: AnchorWitness = {
  check({height}) {
    throw new RuleError("ANCHOR_UNVERIFIABLE", `no certified header at height ${height} proves who made the proof`);
  },
};
