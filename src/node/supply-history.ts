/**
 * What became of the supply while this node ran, as points that are evenly spaced over heights. The state of a height is gone
 * when the next one is there, so whoever wants a history has to keep it; in memory, where it is bounded and costs a block
 * nothing (docs/decisions/0027-pictures.md).
 */
import type {Supply} from "../codecs/api/ledger.js";

export interface SupplyPoint extends Pick<Supply, "minedDust" | "burnedDust" | "balancesDust" | "bondsDust"> {
  readonly height: bigint;
}

/** Most points that are kept; then every other one goes. */
const POINTS_MAX = 512;

export class SupplyHistory {
  #points: SupplyPoint[] = [];
  #every = 1n;
  #newest: SupplyPoint | null = null;

  constructor(private readonly most = POINTS_MAX) {}

  /** Blocks from one point to the next. */
  get everyBlocks(): bigint {
    return this.#every;
  }

  /** In order of height, the newest block always last. */
  get points(): readonly SupplyPoint[] {
    const last = this.#points.at(-1);
    return this.#newest === null || last?.height === this.#newest.height
      ? this.#points
      : [...this.#points, this.#newest];
  }

  /** The books after the block at `height`; heights only grow. */
  note(height: bigint, {minedDust, burnedDust, balancesDust, bondsDust}: Supply): void {
    const point = {height, minedDust, burnedDust, balancesDust, bondsDust};
    this.#newest = point;
    if (height % this.#every !== 0n) return;
    this.#points.push(point);
    if (this.#points.length <= this.most) return;
    this.#every *= 2n;
    this.#points = this.#points.filter((each) => each.height % this.#every === 0n);
  }
}
