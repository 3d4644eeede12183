/**
 * A block journal of QSDM, held to what it says of itself line by line: the canonical form, the hash over the members,
 * the transaction root under it, the link to the parent, heights without gaps.
 *
 * What no block commits to cannot be held to anything: bodies of transactions (defect D2), fees and gas.
 */
import {hashFits, type QsdmBlock, qsdmBlock} from "../../../../codecs/qsdm-chain/block.js";
import {DecodeError} from "../../../../errors.js";
import type {Anomalies} from "../anomalies.js";

export interface JournalTip {
  readonly height: bigint;
  /** Hex, as the block has it. */
  readonly hash: string;
}

export class BlockCheck {
  constructor(
    /** Last block that was read; null before the first. */
    public tip: JournalTip | null,
    private readonly anomalies: Anomalies,
  ) {}

  /** @throws DecodeError as `qsdmBlock` does, IMPORT_HASH_WRONG, IMPORT_LINK_BROKEN, IMPORT_HEIGHT_GAP */
  take(line: Uint8Array): QsdmBlock {
    const block = qsdmBlock.decode(line);
    const {height, hash, prevHash} = block;
    const here = `block ${height}`;
    if (!hashFits(block)) throw new DecodeError("IMPORT_HASH_WRONG", `${here} does not have the hash ${hash}`);
    if (this.tip) {
      if (height !== this.tip.height + 1n)
        throw new DecodeError("IMPORT_HEIGHT_GAP", `${here} follows block ${this.tip.height}`);
      if (prevHash !== this.tip.hash)
        throw new DecodeError("IMPORT_LINK_BROKEN", `${here} names the parent ${prevHash}, which is ${this.tip.hash}`);
    } else if (height !== 0n) this.anomalies.add("first-block-not-genesis", here);
    else if (prevHash !== "") this.anomalies.add("genesis-with-parent", here);
    // Unsigned it is `{}`.
    if ((block.producerAuth?.length ?? 0) <= 2) this.anomalies.add("block-unsigned", here);
    this.tip = {height, hash};
    return block;
  }
}
