/** Work sets by epoch, derived once each from what the store holds. */
import type {CellLookup, WorkSet} from "../codecs/mining/cells.js";
import {workSetRoot} from "../codecs/mining/merkle.js";
import {anchorHeight, cellLookup, chainWorkSet, type ReadHeader} from "./ledger/mining/chain-work-set.js";
import {WORK_SET, WORK_SET_ROOT} from "./ledger/mining/work-set.js";
import type {ChainParams} from "./ledger/params/chain-params.js";

/** What an epoch is mined over. */
export interface EpochWork {
  /** In canonical order. */
  readonly workSet: WorkSet;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

const COMPILED: EpochWork = {workSet: WORK_SET, root: WORK_SET_ROOT};
/** The last epoch, this one and the next. */
const KEPT_EPOCHS = 3;

export class WorkSets {
  /** Finds what a batch refers to; null where a compiled set refers to nothing. */
  readonly lookup: CellLookup | null;
  readonly #derived = new Map<bigint, EpochWork>();

  constructor(
    private readonly params: Pick<ChainParams, "mining" | "rules">,
    private readonly header: ReadHeader,
  ) {
    this.lookup = params.rules.workSet === "chain" ? cellLookup(header) : null;
  }

  /** @throws UnavailableError MINING_UNAVAILABLE while the chain has not drawn it */
  at(epoch: bigint): EpochWork {
    if (this.params.rules.workSet === "compiled") return COMPILED;
    const known = this.#derived.get(epoch);
    if (known) return known;
    const workSet = chainWorkSet(epoch, this.params.mining.blocksPerEpoch, this.header);
    const work = {workSet, root: workSetRoot(workSet)};
    this.#derived.set(epoch, work);
    for (const each of this.#derived.keys()) if (this.#derived.size > KEPT_EPOCHS) this.#derived.delete(each);
    return work;
  }

  /** Whether a chain whose tip is `tipHeight` has drawn the set of `epoch`. */
  isDrawn(epoch: bigint, tipHeight: bigint): boolean {
    const {rules, mining} = this.params;
    return rules.workSet === "compiled" || anchorHeight(epoch, mining.blocksPerEpoch) <= tipHeight;
  }
}
