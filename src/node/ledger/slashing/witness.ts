/** Who vouches for the header that a freshness accusation rests on. The accuser's word is not enough. */
import {RuleError} from "../../../errors.js";

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

/** For chains that keep no certified headers: nothing can be proven stale, and nobody can be framed. */
export const REFUSE_ANCHORS: AnchorWitness = {
  check({height}) {
    throw new RuleError("ANCHOR_UNVERIFIABLE", `this chain has no certified header at height ${height} to show`);
  },
};
