/** What an evaluation of a program takes: triples of the stock, and rounds of messages. */
import {type Ir, isBitOperation, isProduct, secretNames} from "../../../codecs/quorum/ir.js";
import type {ProgramPackage} from "../../../codecs/quorum/program-package.js";
import {WIRES_MAX} from "../../../codecs/quorum/strict/statements.js";
import {RuleError} from "../../../errors.js";
import {inputNames} from "../program/evaluate.js";
import {CHECK_ROUNDS} from "./authenticated.js";
import {MASK_BITS} from "./bit-masks.js";
import {comparisonCost, splitOf} from "./comparison.js";
import {patternCost} from "./patterns.js";
import {scheduleOf} from "./schedule.js";
import {type StockShape, stockMax} from "./stock.js";

export interface Cost {
  readonly products: number;
  /** Comparisons and shifts. */
  readonly comparisons: number;
  /** Random bits that are made for these, out of a triple each. */
  readonly bits: number;
  /** Of all of them and of the checks of MACs. */
  readonly triples: number;
  /**
   * Checks of MACs: of comparisons with earlier queries before they are told, of the bits before something is hidden behind
   * them, before outputs are opened, and of the outputs.
   */
  readonly checks: number;
  /**
   * Messages that each custodian sends one after the other. Where t + 2 to 2t custodians take part there is one more for each
   * opening.
   */
  readonly rounds: number;
}

const costs = new WeakMap<Ir, Cost>();

/**
 * By the program, and by how many earlier queries the inputs are compared with where they are. What is reserved, checked and
 * shown of it is this.
 */
export function costOf(ir: Ir, earlier?: number): Cost {
  const cost = costs.get(ir) ?? makeCost(ir);
  costs.set(ir, cost);
  return earlier === undefined ? cost : withPatterns(ir, cost, earlier);
}

function withPatterns(ir: Ir, cost: Cost, earlier: number): Cost {
  const patterns = patternCost({inputs: inputNames(ir).length, earlier});
  if (patterns.checks === 0) return cost;
  // What was opened to compare is checked before outputs are, also where the program itself opens nothing before.
  const before = layersOf(ir) === 0 ? CHECK_ROUNDS : 0;
  return {
    ...cost,
    checks: cost.checks + patterns.checks,
    triples: cost.triples + patterns.triples + patterns.checks,
    rounds: cost.rounds + patterns.rounds + before,
  };
}

const layersOf = (ir: Ir): number => scheduleOf(ir).reduce((latest, {ready}) => Math.max(latest, ready), 0);

function makeCost(ir: Ir): Cost {
  const products = ir.nodes.filter(isProduct).length;
  const compared = ir.nodes.filter(isBitOperation);
  const comparisons = compared.length;
  const checks = comparisons === 0 ? 2 : 3;
  const within = compared.reduce((sum, node) => sum + comparisonCost(splitOf(node)).triples, 0);
  const layers = layersOf(ir);
  // Outputs are opened in a round of their own. Where nothing was opened before, there is nothing to check before.
  const checked = layers === 0 ? 1 : checks;
  return {
    ...{products, comparisons, checks},
    bits: comparisons * MASK_BITS,
    triples: products + within + checks,
    rounds: layers + 1 + checked * CHECK_ROUNDS,
  };
}

/** Stock jobs out of which one evaluation may take its triples. */
const STOCK_JOBS = 4;

/** Triples that an evaluation takes at most: a coordinator can have no more made for it. */
const triplesMax = (shape: Pick<StockShape, "n" | "t">): number => STOCK_JOBS * stockMax(shape);

const COMPARISON_TRIPLES = comparisonCost(1).triples;

/** Masks that one evaluation takes: for each input and each output. */
export const wiresOf = ({ir}: Pick<ProgramPackage, "ir">): number => inputNames(ir).length + ir.outputs.length;

/** Refuses a program whose secrets or masks no message could carry. @throws RuleError PROGRAM_TOO_WIDE */
export function checkWidth(ir: Ir): void {
  const [wires, secrets] = [wiresOf({ir}), secretNames(ir).length];
  // Messages have room for no more: a handover of more secrets to another roster would not fit.
  if (Math.max(wires, secrets) > WIRES_MAX)
    throw new RuleError(
      "PROGRAM_TOO_WIDE",
      `${secrets} secrets, and ${wires} inputs and outputs: at most ${WIRES_MAX} of either`,
      {hint: "split the program", details: {secrets, wires, most: WIRES_MAX}},
    );
}

/**
 * Refuses a program that nobody could ever evaluate.
 * @param earlier queries that each is compared with, where they are
 * @throws RuleError PROGRAM_TOO_COSTLY, PROGRAM_TOO_WIDE
 */
export function checkCost(ir: Ir, shape: Pick<StockShape, "n" | "t">, earlier?: number): void {
  checkWidth(ir);
  const {triples, comparisons} = costOf(ir, earlier);
  const most = triplesMax(shape);
  if (triples > most)
    throw new RuleError("PROGRAM_TOO_COSTLY", `an evaluation takes ${triples} triples, and at most ${most} may be`, {
      hint: `split the program${comparisons > 0 ? `: a comparison takes up to ${COMPARISON_TRIPLES}` : ""}`,
      details: {triples, most},
    });
}
