/**
 * Computing on authenticated shares from stored triples: what lies side by side is multiplied in one round. Nothing of an
 * output is opened before the MACs of all that was opened on the way were checked: a value moved by e would otherwise
 * tell e times a secret.
 */
import {concat} from "../../../codecs/bytes.js";
import {combineRows, countOf, ones, slice, subtract, type Vector} from "../field/vector.js";
import {
  type Authenticated,
  type AuthenticatedTriples,
  checkOpened,
  type Holder,
  halves,
  joinAll,
  sliceOf,
} from "./authenticated.js";
import {COMMITMENT_BYTES} from "./commitment.js";
import {open, openBeside} from "./opening.js";
import {compareHeard, type Incoming, type Protocol} from "./protocol.js";
import {hideChallenge} from "./prss.js";
import type {Answer, Ask} from "./subprotocol.js";

/** One evaluation's openings and products, and the checks of what was opened. */
export class Online {
  #used = 0;
  #opened: {readonly values: Vector; readonly macs: Vector}[] = [];
  #checks = 0;
  /** Challenges of all checks are committed to beside the first opening: that takes no rounds of its own. */
  readonly #challenges;
  #commitments: readonly Incoming[] | null = null;

  /**
   * @param triples one for each product and for whatever else takes one, and one for each check
   * @param checks of MACs that there will be at most
   */
  constructor(
    private readonly holder: Holder,
    private readonly triples: AuthenticatedTriples,
    checks: number,
  ) {
    this.#challenges = Array.from({length: checks}, () => hideChallenge(holder.party));
  }

  /** Values that everybody sees. They count from the next `check` on. @throws as `open` */
  *open({shares, macs}: Authenticated): Protocol<Vector> {
    const {party} = this.holder;
    const values = this.#commitments ? yield* open(party, shares) : yield* this.#openFirst(shares);
    // What follows depends on them, and would give away what was multiplied.
    if (party.isOpenToTwoValues) yield* compareHeard(party);
    this.#opened.push({values, macs});
    return values;
  }

  *#openFirst(shares: Vector): Protocol<Vector> {
    const all = concat(...this.#challenges.map(({commitment}) => commitment));
    const {values, beside} = yield* openBeside(this.holder.party, shares, all);
    this.#commitments = this.#challenges.map((_, at) =>
      beside.map((each) => (each === null ? null : each.subarray(at * COMMITMENT_BYTES, (at + 1) * COMMITMENT_BYTES))),
    );
    return values;
  }

  /** What is asked for, in one round: openings, and products pair by pair (Beaver, 1991). @throws as `open` */
  *answer({open, x, y}: Ask): Protocol<Answer> {
    const count = countOf(x.shares);
    if (count === 0) return {opened: yield* this.open(open), products: x};
    const {field} = this.holder.party;
    const triples = this.take(count);
    const masked = halves((half) =>
      concat(subtract(field, half(x), half(triples.a)), subtract(field, half(y), half(triples.b))),
    );
    const opened = yield* this.open(countOf(open.shares) === 0 ? masked : joinAll([masked, open]));
    const products = this.#products(triples, slice(opened, 0, count), slice(opened, count, 2 * count));
    return {opened: slice(opened, 2 * count, countOf(opened)), products};
  }

  /** Products of what is `epsilon` more than a, and `delta` more than b. */
  #products({a, b, c}: AuthenticatedTriples, epsilon: Vector, delta: Vector): Authenticated {
    const {party, alpha} = this.holder;
    const {field} = party;
    const constant = field.multiply(epsilon, delta);
    const rows = (half: (value: Authenticated) => Vector): Vector[] => [
      half(c),
      field.multiply(epsilon, half(b)),
      field.multiply(delta, half(a)),
      constant,
    ];
    return {
      shares: combineRows(
        field,
        ones(4),
        rows(({shares}) => shares),
      ),
      macs: combineRows(
        field,
        concat(ones(3), alpha),
        rows(({macs}) => macs),
      ),
    };
  }

  /** Whether all that was opened since the last time is what its MACs say. @throws RuleError EVALUATION_ABORTED */
  *check(): Protocol<void> {
    const opened = this.#opened;
    this.#opened = [];
    const at = this.#checks++;
    if (opened.length === 0) return;
    const all = {values: concat(...opened.map(({values}) => values)), macs: concat(...opened.map(({macs}) => macs))};
    const check = {hidden: this.#challenges[at]!, commitments: this.#commitments![at]!, blind: this.take(1)};
    yield* checkOpened(this.holder, all, check);
  }

  /** The next triples, for nothing else. */
  take(count: number): AuthenticatedTriples {
    const from = this.#used;
    this.#used += count;
    const part = (value: Authenticated): Authenticated => sliceOf(value, from, from + count);
    return {a: part(this.triples.a), b: part(this.triples.b), c: part(this.triples.c)};
  }
}
