/**
 * Ids of accepted proofs. An evicted id is older than the grace window allows, so it cannot come back.
 * Source: QSDM mining protocol, section 12.5.
 */
import {hexOf} from "../../../codecs/bytes.js";

/** Heights for which an id is remembered. */
export const SEEN_RETENTION_BLOCKS = 4_096n;

export class SeenProofs {
  readonly #heights = new Map<string, bigint>();

  constructor(private readonly retentionBlocks = SEEN_RETENTION_BLOCKS) {}

  has(proofId: Uint8Array): boolean {
    return this.#heights.has(hexOf(proofId));
  }

  /** @param height the proof's own height, up to the grace window below the tip */
  record(proofId: Uint8Array, height: bigint): void {
    this.#heights.set(hexOf(proofId), height);
    if (height <= this.retentionBlocks) return;
    for (const [id, at] of this.#heights) if (at < height - this.retentionBlocks) this.#heights.delete(id);
  }
}
