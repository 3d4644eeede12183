/**
 * A dealer in place of the preprocessing, for tests of what comes after it: triples, inputs and a MAC key, shared by somebody
 * who knows all of them.
 */
import type {Ir} from "../../src/codecs/quorum/ir.js";
import {secretNames} from "../../src/codecs/quorum/ir.js";
import {packElements, unpackElements} from "../../src/node/quorum/field/bytes.js";
import {P} from "../../src/node/quorum/field/field.js";
import {type Arithmetic, repeated, toElements, type Vector} from "../../src/node/quorum/field/vector.js";
import {type Given, inputNames, type Outputs} from "../../src/node/quorum/program/evaluate.js";
import type {Authenticated, AuthenticatedTriples} from "../../src/node/quorum/verified/authenticated.js";
import {costOf} from "../../src/node/quorum/verified/cost.js";
import {evaluateVerified} from "../../src/node/quorum/verified/evaluation.js";
import {runInLockStep, type Traffic, type Wire} from "../../src/node/quorum/verified/lock-step.js";
import type {Patterns} from "../../src/node/quorum/verified/patterns.js";
import {Party} from "../../src/node/quorum/verified/protocol.js";

const random = (size: number): Uint8Array => {
  const bytes = new Uint8Array(size);
  // The system gives no more at once.
  for (let at = 0; at < size; at += 65_536) globalThis.crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
};
const randomElements = (count: number): Vector => {
  const values = random(16 * count);
  toElements(values);
  return values;
};

export interface Dealing {
  readonly n: number;
  readonly k: number;
  readonly field: Arithmetic;
  /** Places of those that take part; the first ones, with no gaps. */
  readonly present?: number;
  readonly wire?: Wire;
  /** Triples less than the program takes. */
  readonly less?: number;
  /** Inputs of earlier queries, where those of this one are watched. */
  readonly earlier?: readonly (readonly bigint[])[];
  /** What each custodian is told of patterns, by place. */
  readonly found?: (patterns: Patterns, place: number) => void;
}

/** What `ir` gives on shares that were dealt. */
export function evaluateDealt(
  ir: Ir,
  {inputs, secrets = new Map()}: Given,
  {n, k, field, present = n, wire, less = 0, earlier, found = () => undefined}: Dealing,
): {readonly outputs: Outputs; readonly traffic: Traffic} {
  const alpha = randomElements(1);
  const places = Array.from({length: present}, (_, place) => place);
  const shared = (values: Vector): Vector[] => {
    const count = values.length / 16;
    const matrix = [values, ...Array.from({length: k - 1}, () => randomElements(count))];
    const whole = new Uint8Array(matrix.reduce((sum, row) => sum + row.length, 0));
    for (const [at, row] of matrix.entries()) whole.set(row, at * values.length);
    return places.map((place) => {
      const powers = matrix.map((_, power) => BigInt(place + 1) ** BigInt(power) % P);
      return field.combine(packElements(powers), whole);
    });
  };
  const authenticated = (values: Vector): Authenticated[] => {
    const shares = shared(values);
    const macs = shared(field.multiply(values, repeated(alpha, values.length / 16)));
    return places.map((place) => ({shares: shares[place]!, macs: macs[place]!}));
  };
  const count = costOf(ir, earlier?.length).triples - less;
  const [a, b] = [randomElements(count), randomElements(count)];
  const [as, bs, cs] = [a, b, field.multiply(a, b)].map(authenticated) as [
    Authenticated[],
    Authenticated[],
    Authenticated[],
  ];
  const alphas = shared(alpha);
  const given = [inputNames(ir).map((name) => inputs.get(name)!), secretNames(ir).map((name) => secrets.get(name)!)];
  const [inputShares, secretShares] = given.map((values) => authenticated(packElements(values)));
  const before = earlier?.map((values) => authenticated(packElements(values)));
  const {results, traffic} = runInLockStep(
    places.map((place) => {
      const holder = {party: new Party(place, n, k - 1, random, field), alpha: alphas[place]!};
      const triples: AuthenticatedTriples = {a: as[place]!, b: bs[place]!, c: cs[place]!};
      const watch = before && {
        earlier: before.map((each) => each[place]!),
        found: (patterns: Patterns) => found(patterns, place),
      };
      const shares = {inputs: inputShares![place]!, secrets: secretShares![place]!, ...(watch ? {watch} : {})};
      return evaluateVerified(ir, holder, shares, triples);
    }),
    wire,
  );
  const values = unpackElements(results[0]!);
  return {outputs: new Map(ir.outputs.map((name, at) => [name, values[at]!])), traffic};
}
