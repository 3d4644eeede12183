/** Proposals that name batches which are not here yet. */
import type {Proposal} from "../../codecs/consensus/messages.js";

/** Proposals that wait; the one of the lowest view goes first, since the chain is past it soonest. */
const HELD_MAX = 16;

export class HeldProposals {
  readonly #byId = new Map<string, Proposal>();

  get size(): number {
    return this.#byId.size;
  }

  add(blockId: string, proposal: Proposal): void {
    this.#byId.set(blockId, proposal);
    if (this.#byId.size <= HELD_MAX) return;
    const viewOf = ([, {block}]: [string, Proposal]): bigint => block.header.view;
    const [lowest] = [...this.#byId].reduce((a, b) => (viewOf(b) < viewOf(a) ? b : a));
    this.#byId.delete(lowest);
  }

  /** All of them, which are held no longer. */
  take(): readonly Proposal[] {
    const all = [...this.#byId.values()];
    this.#byId.clear();
    return all;
  }
}
