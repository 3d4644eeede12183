/**
 * Computing on authenticated shares from stored triples: what lies side by side is multiplied in one round. Nothing of an
 * output is opened before the MACs of all that was opened on the way were checked: a value moved by e would otherwise
 * tell e times a secret.
 */
import {concat} from "../../../codecs/bytes.js";
import {type Ir, productNames} from "../../../codecs/quorum/ir.js";
import {countOf, ones, slice, subtract, Table, type Vector} from "../field/vector.js";
import {
  type Authenticated,
  type AuthenticatedTriples,
  checkOpened,
  constants,
  type Holder,
  halves,
  sliceOf,
} from "./authenticated.js";
import {COMMITMENT_BYTES} from "./commitment.js";
import {open, openBeside} from "./opening.js";
import {planOf} from "./plan.js";
import {compareHeard, type Incoming, type Protocol} from "./protocol.js";
import {hideChallenge} from "./prss.js";

/** Checks of MACs in one evaluation: before outputs are opened, and of the outputs. */
const CHECKS = 2;

/** Triples that one evaluation takes: for each product, and for each of the two checks of MACs. */
export const triplesFor = (ir: Ir): number => productNames(ir).length + CHECKS;

/** One evaluation's openings and products, and the checks of what was opened. */
export class Online {
  #used = 0;
  #opened: {readonly values: Vector; readonly macs: Vector}[] = [];
  #checks = 0;
  /** Challenges of all checks are committed to beside the first opening: that takes no rounds of its own. */
  readonly #challenges;
  #commitments: readonly Incoming[] | null = null;

  /** @param triples a number for each product, and one for each check */
  constructor(
    private readonly holder: Holder,
    private readonly triples: AuthenticatedTriples,
  ) {
    this.#challenges = Array.from({length: CHECKS}, () => hideChallenge(holder.party));
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

  /** Products pair by pair, in one round (Beaver, 1991). @throws as `open` */
  *multiply(x: Authenticated, y: Authenticated): Protocol<Authenticated> {
    const {party, alpha} = this.holder;
    const {field} = party;
    const count = countOf(x.shares);
    const {a, b, c} = this.#take(count);
    const masked = halves((half) => subtract(field, concat(half(x), half(y)), concat(half(a), half(b))));
    const opened = yield* this.open(masked);
    const [epsilon, delta] = [slice(opened, 0, count), slice(opened, count, 2 * count)];
    const constant = field.multiply(epsilon, delta);
    const sum = (half: (value: Authenticated) => Vector): Uint8Array =>
      concat(half(c), field.multiply(epsilon, half(b)), field.multiply(delta, half(a)), constant);
    return {
      shares: field.combine(
        ones(4),
        sum(({shares}) => shares),
      ),
      macs: field.combine(
        concat(ones(3), alpha),
        sum(({macs}) => macs),
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
    const check = {hidden: this.#challenges[at]!, commitments: this.#commitments![at]!, blind: this.#take(1)};
    yield* checkOpened(this.holder, all, check);
  }

  #take(count: number): AuthenticatedTriples {
    const from = this.#used;
    this.#used += count;
    const part = (value: Authenticated): Authenticated => sliceOf(value, from, from + count);
    return {a: part(this.triples.a), b: part(this.triples.b), c: part(this.triples.c)};
  }
}

/** What the evaluation starts from, in the order of the names in the program. */
export interface AuthenticatedInputs {
  readonly inputs: Authenticated;
  readonly secrets: Authenticated;
  /** Added to the outputs before they are opened: only who knows them learns the results. */
  readonly outputMasks?: Authenticated;
}

/**
 * @param triples as many as `triplesFor` says
 * @returns the outputs in their order
 * @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING below t + 1
 */
export function* evaluateVerified(
  ir: Ir,
  holder: Holder,
  given: AuthenticatedInputs,
  triples: AuthenticatedTriples,
): Protocol<Vector> {
  const plan = planOf(ir);
  const online = new Online(holder, triples);
  const tables = {shares: new Table(plan.wires), macs: new Table(plan.wires)};
  const put = (to: Int32Array, {shares, macs}: Authenticated): void => {
    tables.shares.scatter(to, shares);
    tables.macs.scatter(to, macs);
  };
  const get = (from: Int32Array): Authenticated => ({
    shares: tables.shares.gather(from),
    macs: tables.macs.gather(from),
  });
  put(plan.inputs, given.inputs);
  put(plan.secrets, given.secrets);
  put(plan.constants.wires, constants(holder, plan.constants.values));
  for (const {before, products, after} of plan.layers) {
    for (const table of [tables.shares, tables.macs]) table.sums(before);
    if (products.out.length > 0) put(products.out, yield* online.multiply(get(products.x), get(products.y)));
    for (const table of [tables.shares, tables.macs]) table.sums(after);
  }
  yield* online.check();
  const results = get(plan.outputs);
  const {outputMasks: masks} = given;
  const {field} = holder.party;
  const outputs = yield* online.open(masks ? halves((half) => field.add(half(results), half(masks))) : results);
  yield* online.check();
  return outputs;
}
