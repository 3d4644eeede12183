/** `lt`, `eq` and `shr` in the clear. Section 22 of the specification. */
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import type {Ir, Node} from "../../../../src/codecs/quorum/ir.js";
import {P, signed} from "../../../../src/node/quorum/field/field.js";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {evaluate} from "../../../../src/node/quorum/program/evaluate.js";
import {element, OPERATIONS, programs} from "../programs.js";

const one = (source: string, a: bigint, b = 0n): bigint => {
  const inputs = new Map([
    ["a", a],
    ["b", b],
  ]);
  return evaluate(compile(`input a\ninput b\n${source}\noutput y`), {inputs}).get("y")!;
};
const bit = (condition: boolean): bigint => (condition ? 1n : 0n);
/** 0, 1 and the ends of ranges of k bits, and their negatives. */
const EDGES = [8n, 64n, 100n, 125n].flatMap((k) => [2n ** (k - 1n), 2n ** (k - 1n) - 1n, 2n ** (k - 1n) + 1n]);
const NUMBERS = [0n, 1n, 2n, ...EDGES].flatMap((value) => [value, -value]);

describe("on signed numbers", () => {
  test("lt and eq compare, at every edge", () => {
    for (const a of NUMBERS)
      for (const b of NUMBERS) {
        expect([a, b, one("lt y = a b", a, b)]).toEqual([a, b, bit(a < b)]);
        expect([a, b, one("eq y = a b", a, b)]).toEqual([a, b, bit(a === b)]);
      }
  });

  test("shr divides and rounds down, at every edge and distance", () => {
    for (const a of NUMBERS)
      for (const m of [1n, 2n, 16n, 63n, 99n, 100n]) {
        // A quotient rounded toward zero is one too large where something negative is left.
        const quotient = a / 2n ** m - bit(a < 0n && a % 2n ** m !== 0n);
        expect([a, m, signed(one(`shr y = a ${m}`, a))]).toEqual([a, m, quotient]);
      }
  });
});

/** What a node is by the specification, on elements in [0, p): written anew, with remainders where the program folds. */
function definition(node: Node, wires: ReadonlyMap<string, bigint>, given: ReadonlyMap<string, bigint>): bigint {
  const modulo = (value: bigint): bigint => ((value % P) + P) % P;
  if (node.type === "input" || node.type === "secret") return given.get(node.id)!;
  if (node.type === "const") return modulo(node.value);
  const [a = 0n, b = 0n, c = 0n] = node.inputs.map((name) => wires.get(name)!);
  switch (node.type) {
    case "add":
      return modulo(a + b);
    case "sub":
      return modulo(a - b);
    case "neg":
      return modulo(-a);
    case "mul":
      return modulo(a * b);
    case "mux":
      return modulo(a * b + (1n - a) * c);
    case "lt":
      return bit(modulo(a - b) > (P - 1n) / 2n);
    case "eq":
      return bit(modulo(a - b) === 0n);
    case "shr":
      return modulo(modulo(a + 2n ** 125n) / 2n ** BigInt(node.bits) - 2n ** BigInt(125 - node.bits));
  }
}
function valuesOf({nodes}: Ir, given: ReadonlyMap<string, bigint>): ReadonlyMap<string, bigint> {
  const wires = new Map<string, bigint>();
  for (const node of nodes) wires.set(node.id, definition(node, wires, given));
  return wires;
}

test("a program of any operations gives what their definitions give, on all elements of the field", () => {
  fc.assert(
    fc.property(programs(20, OPERATIONS), ({ir, inputs, secrets}) => {
      const values = valuesOf(ir, new Map([...inputs, ...secrets]));
      for (const [name, value] of evaluate(ir, {inputs, secrets})) expect(value).toBe(values.get(name));
    }),
  );
});

test("lt holds for exactly the differences that stand for negative numbers", () => {
  const middle = (P - 1n) / 2n;
  expect([middle, middle + 1n, P - 1n, 0n].map((difference) => one("lt y = a b", difference))).toEqual([
    0n,
    1n,
    1n,
    0n,
  ]);
  fc.assert(
    fc.property(element, element, (a, b) => {
      expect(one("lt y = a b", a, b)).toBe(bit(signed((a - b + P) % P) < 0n));
    }),
  );
});
