/**
 * A program through the verified protocol, client and all custodians in one process. Masks of inputs are opened to the
 * client alone, who publishes what is left when they are taken off: nobody else sees an input.
 */
import {equalBytes} from "../../../codecs/bytes.js";
import {type Ir, secretNames} from "../../../codecs/quorum/ir.js";
import {RuleError} from "../../../errors.js";
import {packElements, unpackElements} from "../field/bytes.js";
import {add, mul, sub} from "../field/field.js";
import type {FieldSource} from "../field/random.js";
import {type Arithmetic, elementAt, type Vector} from "../field/vector.js";
import {type Given, inputNames, inputOf, type Outputs} from "../program/evaluate.js";
import {areConsistent, reconstruct, share} from "../sharing/shamir.js";
import {constants, halves} from "./authenticated.js";
import {checkCost, costOf} from "./cost.js";
import {evaluateVerified} from "./evaluation.js";
import {runInLockStep, type Traffic, type Wire} from "./lock-step.js";
import {type InputMasks, type Preprocessing, preprocess} from "./preprocess.js";
import {abort, Party} from "./protocol.js";
import {checkShape} from "./shape.js";

export interface Rehearsal {
  readonly n: number;
  readonly k: number;
  readonly random: (size: number) => Uint8Array;
  readonly draw: FieldSource;
  readonly field: Arithmetic;
  /** What happens to messages of the two phases. */
  readonly wires?: {readonly offline?: Wire; readonly online?: Wire};
}

export interface VerifiedTrace {
  readonly results: Outputs;
  readonly offline: Traffic;
  readonly online: Traffic;
}

/**
 * @throws RuleError THRESHOLD_TOO_LOW, THRESHOLD_TOO_HIGH, CUSTODIANS_TOO_MANY, PROGRAM_TOO_COSTLY, PROGRAM_TOO_WIDE, INPUT_MISSING, SECRET_MISSING, EVALUATION_ABORTED
 */
export function rehearse(ir: Ir, {inputs, secrets = new Map()}: Given, options: Rehearsal): VerifiedTrace {
  const {n, k, random, draw, field, wires = {}} = options;
  const t = k - 1;
  checkShape({n, k});
  checkCost(ir, {n, t});
  const names = inputNames(ir);
  for (const name of names) inputOf(inputs, name);
  const shared = secretNames(ir).map((name) => {
    const value = secrets.get(name);
    if (value === undefined) throw new RuleError("SECRET_MISSING", `No share of secret '${name}'`);
    return share(value, {n, k}, draw);
  });
  const parties = Array.from({length: n}, (_, place) => new Party(place, n, t, random, field));
  const demand = {triples: costOf(ir).triples, masks: names.length};
  const before = runInLockStep(
    parties.map((party) =>
      preprocess(party, {...demand, secrets: packElements(shared.map((shares) => shares[party.place]!.y))}),
    ),
    wires.offline,
  );
  const published = names.map((name, at) => sub(inputOf(inputs, name), maskOf(before.results, at, k)));
  const online = runInLockStep(
    before.results.map(({session, triples, masks, secrets: held}) => {
      const known = constants(session, packElements(published));
      const masked = halves((half) => field.add(half(masks.r), half(known)));
      return evaluateVerified(ir, session, {inputs: masked, secrets: held}, triples);
    }),
    wires.online,
  );
  const results = agreed(online.results);
  return {
    results: new Map(ir.outputs.map((name, at) => [name, results[at]!])),
    offline: before.traffic,
    online: online.traffic,
  };
}

/** Mask number `at` as its receiver puts it together, checked by its product with a value of which only this is known. */
export function maskOf(held: readonly Preprocessing[], at: number, k: number): bigint {
  const points = (pick: (masks: InputMasks) => Vector) =>
    held.map(({masks}, place) => ({x: BigInt(place + 1), y: unpackElements(elementAt(pick(masks), at))[0]!}));
  const all = [points(({r}) => r.shares), points(({v}) => v), points(({rv}) => rv)];
  if (!all.every((shares) => areConsistent(shares, k))) return abort("wrong-mask");
  const [mask, factor, product] = all.map((shares) => reconstruct(shares.slice(0, k))) as [bigint, bigint, bigint];
  return add(mul(mask, factor), -product) === 0n ? mask : abort("wrong-mask");
}

/** Custodians that all followed the protocol have the same results. */
function agreed([first, ...others]: readonly Vector[]): bigint[] {
  for (const other of others) if (!equalBytes(first!, other)) return abort("equivocation");
  return unpackElements(first!);
}
