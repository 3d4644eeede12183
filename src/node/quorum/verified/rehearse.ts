/**
 * A program through the verified protocol, client and all custodians in one process. Masks of inputs are opened to the
 * client alone, who publishes what is left when they are taken off: nobody else sees an input.
 */
import {type Ir, secretNames} from "../../../codecs/quorum/ir.js";
import {RuleError} from "../../../errors.js";
import {add, mul, sub} from "../field/field.js";
import type {FieldSource} from "../field/random.js";
import {type Given, inputNames, inputOf, type Outputs} from "../program/evaluate.js";
import {areConsistent, reconstruct, share} from "../sharing/shamir.js";
import {addScaled, constant} from "./authenticated.js";
import {runInLockStep, type Traffic, type Wire} from "./lock-step.js";
import {evaluateVerified, triplesFor} from "./online.js";
import {type Preprocessing, preprocess} from "./preprocess.js";
import {abort, Party} from "./protocol.js";
import {checkShape} from "./shape.js";

export interface Rehearsal {
  readonly n: number;
  readonly k: number;
  readonly random: (size: number) => Uint8Array;
  readonly draw: FieldSource;
  /** What happens to messages of the two phases. */
  readonly wires?: {readonly offline?: Wire; readonly online?: Wire};
}

export interface VerifiedTrace {
  readonly results: Outputs;
  readonly offline: Traffic;
  readonly online: Traffic;
}

/**
 * @throws RuleError THRESHOLD_TOO_LOW, THRESHOLD_TOO_HIGH, CUSTODIANS_TOO_MANY, INPUT_MISSING, SECRET_MISSING, EVALUATION_ABORTED
 */
export function rehearse(ir: Ir, {inputs, secrets = new Map()}: Given, options: Rehearsal): VerifiedTrace {
  const {n, k, random, draw, wires = {}} = options;
  const t = k - 1;
  checkShape({n, k});
  const names = inputNames(ir);
  for (const name of names) inputOf(inputs, name);
  const shared = secretNames(ir).map((name) => {
    const value = secrets.get(name);
    if (value === undefined) throw new RuleError("SECRET_MISSING", `No share of secret '${name}'`);
    return share(value, {n, k}, draw);
  });
  const parties = Array.from({length: n}, (_, place) => new Party(place, n, t, random));
  const demand = {triples: triplesFor(ir), masks: names.length};
  const before = runInLockStep(
    parties.map((party) => preprocess(party, {...demand, secrets: shared.map((shares) => shares[party.place]!.y)})),
    wires.offline,
  );
  const published = names.map((name, at) => sub(inputOf(inputs, name), maskOf(before.results, at, k)));
  const online = runInLockStep(
    before.results.map(({session, triples, masks, secrets: held}) => {
      const given = {
        inputs: new Map(
          names.map((name, at) => [name, addScaled(masks[at]!.r, constant(session, published[at]!), 1n)]),
        ),
        secrets: new Map(secretNames(ir).map((name, at) => [name, held[at]!])),
      };
      return evaluateVerified(ir, session, given, triples);
    }),
    wires.online,
  );
  return {results: agreed(online.results), offline: before.traffic, online: online.traffic};
}

/** Mask number `at` as its receiver puts it together, checked by its product with a value of which only this is known. */
export function maskOf(held: readonly Preprocessing[], at: number, k: number): bigint {
  const points = (pick: (preprocessing: Preprocessing) => bigint) =>
    held.map((each, place) => ({x: BigInt(place + 1), y: pick(each)}));
  const r = points(({masks}) => masks[at]!.r.share);
  const v = points(({masks}) => masks[at]!.v);
  const rv = points(({masks}) => masks[at]!.rv);
  if (![r, v, rv].every((shares) => areConsistent(shares, k))) return abort("wrong-mask");
  const [mask, factor, product] = [r, v, rv].map((shares) => reconstruct(shares.slice(0, k))) as [
    bigint,
    bigint,
    bigint,
  ];
  return add(mul(mask, factor), -product) === 0n ? mask : abort("wrong-mask");
}

/** Custodians that all followed the protocol have the same results. */
function agreed([first, ...others]: readonly Outputs[]): Outputs {
  for (const other of others)
    for (const [name, value] of first!) if (other.get(name) !== value) return abort("equivocation");
  return first!;
}
