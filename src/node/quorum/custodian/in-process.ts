/**
 * A program on the shares of n custodians in one process: for trying a program out, and for seeing every value that is
 * opened on the way. Here the dealer of the triples, the clients and the custodians are one, so nothing is private.
 */
import {type Ir, productNames} from "../../../codecs/quorum/ir.js";
import type {FieldSource} from "../field/random.js";
import {type Given, inputNames, inputOf, type Outputs} from "../program/evaluate.js";
import {dealTriples, type Masked, tripleShareOf} from "../sharing/beaver.js";
import {firstHolders, reconstruct, type Share, share, type Threshold} from "../sharing/shamir.js";
import {StepExecutor} from "./step-executor.js";

/** One product as an onlooker of all custodians sees it. Lists are in order of custodian. */
export interface TracedProduct {
  readonly node: string;
  readonly masked: readonly Masked[];
  readonly opened: Masked;
  readonly shares: readonly bigint[];
}

export interface Trace {
  /** Shares of each input and secret, all custodians. */
  readonly inputShares: ReadonlyMap<string, readonly Share[]>;
  /** Products that were opened together, round by round. */
  readonly rounds: readonly (readonly TracedProduct[])[];
  /** Shares of the outputs by custodian, those who stayed. */
  readonly outputShares: readonly Outputs[];
  readonly results: Outputs;
}

/**
 * Shares what is given, evaluates and opens. Draws the triples of each product in order, then the sharings of the inputs
 * in their order, then those of the secrets.
 * @param present x of the custodians that take part; the first k of them open. All of them unless given
 * @throws RuleError INPUT_MISSING, SECRET_MISSING, SHARING_THRESHOLD_INVALID
 */
export function evaluateInProcess(
  ir: Ir,
  {inputs, secrets = new Map()}: Given,
  {n, k, present}: Threshold & {readonly present?: readonly bigint[]},
  draw: FieldSource,
): Trace {
  const triples = dealTriples(productNames(ir), 1, {xs: firstHolders(n), k}, draw);
  for (const name of inputNames(ir)) inputOf(inputs, name);
  const shared = (values: ReadonlyMap<string, bigint>) =>
    new Map([...values].map(([name, value]) => [name, share(value, {n, k}, draw)] as const));
  const inputShares = shared(inputs);
  const secretShares = shared(secrets);
  const holders = present ?? firstHolders(n);
  const open = (values: readonly bigint[]): bigint =>
    reconstruct(holders.slice(0, k).map((x, at) => ({x, y: values[at]!})));
  const executors = holders.map((x) => {
    const at = Number(x) - 1;
    const parts = [...triples].map(([node, [triple]]) => [node, tripleShareOf(triple!, at)] as const);
    const own = (all: ReadonlyMap<string, readonly Share[]>) =>
      new Map([...all].map(([name, shares]) => [name, shares[at]!.y]));
    return new StepExecutor(ir, {inputs: own(inputShares), secrets: own(secretShares)}, new Map(parts));
  });
  const rounds: TracedProduct[][] = [];
  for (;;) {
    const batches = executors.map((executor) => executor.step());
    const first = batches[0]!;
    if (first.length === 0) break;
    rounds.push(
      first.map(({node}, place) => {
        const masked = batches.map((batch) => batch[place]!.masked);
        const opened = {
          epsilon: open(masked.map(({epsilon}) => epsilon)),
          delta: open(masked.map(({delta}) => delta)),
        };
        for (const executor of executors) executor.resolve(node, opened);
        return {node, masked, opened, shares: executors.map((executor) => executor.wire(node))};
      }),
    );
  }
  const outputShares = executors.map((executor) => executor.outputs());
  const results = new Map(ir.outputs.map((name) => [name, open(outputShares.map((each) => each.get(name)!))]));
  return {inputShares: new Map([...inputShares, ...secretShares]), rounds, outputShares, results};
}
