/** Evaluation of a program on authenticated shares, from triples of the stock. */
import type {Ir} from "../../../codecs/quorum/ir.js";
import {Table, type Vector} from "../field/vector.js";
import {type Authenticated, type AuthenticatedTriples, constants, type Holder, halves} from "./authenticated.js";
import {type BitMasks, MASK_ROUNDS, makeMasks} from "./bit-masks.js";
import {isNegative, isZero, shiftRight} from "./comparison.js";
import {costOf} from "./cost.js";
import {Online} from "./online.js";
import {findPatterns, type Patterns} from "./patterns.js";
import {planOf} from "./plan.js";
import type {Protocol} from "./protocol.js";
import {multiplying, SideBySide} from "./subprotocol.js";

/** What the evaluation starts from, in the order of the names in the program. */
export interface AuthenticatedInputs {
  readonly inputs: Authenticated;
  readonly secrets: Authenticated;
  /** Added to the outputs before they are opened: only who knows them learns the results. */
  readonly outputMasks?: Authenticated;
  /** Where the inputs are watched for patterns. */
  readonly watch?: Watch;
}

/** Earlier queries of the same client that this one is compared with, before an output of it is opened. */
export interface Watch {
  /** Inputs of each. */
  readonly earlier: readonly Authenticated[];
  /** Told once all that was opened is checked. What it throws ends the evaluation without a result. */
  found(patterns: Patterns): void;
}

/** What each takes its operand, or the difference of its operands, to. */
const COMPARISONS = {lt: isNegative, eq: isZero, shr: shiftRight};

/**
 * @param triples as many as `costOf` says
 * @returns the outputs in their order
 * @throws RuleError EVALUATION_ABORTED, and what `watch` throws; UnavailableError CUSTODIANS_MISSING below t + 1
 */
export function* evaluateVerified(
  ir: Ir,
  holder: Holder,
  given: AuthenticatedInputs,
  triples: AuthenticatedTriples,
): Protocol<Vector> {
  const plan = planOf(ir);
  const {watch} = given;
  const {bits, checks} = costOf(ir, watch?.earlier.length);
  const online = new Online(holder, triples, checks);
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
  const patterns = watch ? yield* findPatterns(online, holder, {query: given.inputs, earlier: watch.earlier}) : null;
  const running = new SideBySide();
  const masks: BitMasks[] = [];
  const kinds = plan.steps.flatMap(({comparisons}) => comparisons.map(({split, x}) => ({split, count: x.length})));
  if (bits > 0) running.start(makeMasks(holder, online.take(bits), kinds), (made) => masks.push(...made));
  for (const [round, {sums, products, comparisons}] of plan.steps.entries()) {
    // What is no bit, because somebody moved it, would not hide what is compared.
    if (bits > 0 && round === MASK_ROUNDS) yield* online.check();
    for (const table of [tables.shares, tables.macs]) table.sums(sums);
    if (products.out.length > 0)
      running.start(multiplying(get(products.x), get(products.y)), (values) => put(products.out, values));
    for (const {type, out, x} of comparisons)
      running.start(COMPARISONS[type](holder, get(x), masks.shift()!), (values) => put(out, values));
    if (running.isBusy) running.answer(yield* online.answer(running.ask));
  }
  yield* online.check();
  if (patterns) watch?.found(patterns);
  const results = get(plan.outputs);
  const {outputMasks} = given;
  const {field} = holder.party;
  const outputs = yield* online.open(
    outputMasks ? halves((half) => field.add(half(results), half(outputMasks))) : results,
  );
  yield* online.check();
  return outputs;
}
