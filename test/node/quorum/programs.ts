/** Random programs and what draws for them. */
import fc from "fast-check";
import type {Ir, Node, Operation} from "../../../src/codecs/quorum/ir.js";
import {ARITHMETIC, OPERANDS, SHIFT_MAX_BITS} from "../../../src/codecs/quorum/ir.js";
import {DecodeError} from "../../../src/errors.js";
import {P} from "../../../src/node/quorum/field/field.js";
import type {FieldSource} from "../../../src/node/quorum/field/random.js";
import {compile} from "../../../src/node/quorum/language/compile.js";

export const element = fc.bigInt({min: 0n, max: P - 1n});

/** The program of the whitepaper: (x+7)^2. */
export const SQUARE = "input x\nconst c = 7\nadd t = x c\nmul y = t t\noutput y\n";

/** Why the compiler refuses `source`, or `accepted`. */
export function refusal(source: string, strictSyntax = false): string {
  try {
    compile(source, {strictSyntax});
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
  return "accepted";
}

/** What the reference evaluates, and all there is. */
const SUMS_AND_PRODUCTS = Object.keys(ARITHMETIC) as Operation[];
export const OPERATIONS = Object.keys(OPERANDS) as Operation[];

/** Names of the inputs and secrets of random programs. */
const INPUTS = ["a|b", "b", "c"];
const SECRETS = ["s", "t"];

export interface RandomProgram {
  readonly ir: Ir;
  readonly inputs: ReadonlyMap<string, bigint>;
  readonly secrets: ReadonlyMap<string, bigint>;
}

/** A program of up to `length` operations over three inputs, two secrets and two constants, with values. */
export const programs = (length = 12, operations = SUMS_AND_PRODUCTS): fc.Arbitrary<RandomProgram> =>
  fc
    .record({
      values: fc.tuple(element, element, element, element, element),
      constants: fc.tuple(fc.bigInt({min: -P, max: 2n * P}), fc.bigInt({min: -9n, max: 9n})),
      steps: fc.array(
        fc.record({
          type: fc.constantFrom(...operations),
          picks: fc.tuple(fc.nat(), fc.nat(), fc.nat()),
          bits: fc.integer({min: 1, max: SHIFT_MAX_BITS}),
        }),
        {
          minLength: 1,
          maxLength: length,
        },
      ),
      outputs: fc.array(fc.nat(), {minLength: 1, maxLength: 3}),
    })
    .map(({values, constants, steps, outputs}) => {
      const nodes: Node[] = [
        ...INPUTS.map((id) => ({type: "input" as const, id})),
        ...SECRETS.map((id) => ({type: "secret" as const, id})),
        ...constants.map((value, at) => ({type: "const" as const, id: `k${at}`, value})),
      ];
      for (const [at, {type, picks, bits}] of steps.entries()) {
        const inputs = picks.slice(0, OPERANDS[type]).map((pick) => nodes[pick % nodes.length]!.id);
        nodes.push(type === "shr" ? {type, id: `n${at}`, inputs, bits} : {type, id: `n${at}`, inputs});
      }
      const names = [...new Set(outputs.map((pick) => nodes[pick % nodes.length]!.id))];
      return {
        ir: {nodes, outputs: names},
        inputs: new Map(INPUTS.map((name, at) => [name, values[at]!])),
        secrets: new Map(SECRETS.map((name, at) => [name, values[INPUTS.length + at]!])),
      };
    });

/** A source that repeats for a seed; not a generator for secrets. */
export function seededSource(seed: bigint): FieldSource {
  let state = seed;
  return () => {
    // Multiplier of Knuth's MMIX generator, applied twice for 128 bits.
    state = (state * 6364136223846793005n + 1442695040888963407n) % 2n ** 128n;
    const high = state;
    state = (state * 6364136223846793005n + 1442695040888963407n) % 2n ** 128n;
    return ((high >> 64n) * 2n ** 64n + (state >> 64n)) % P;
  };
}
