/** Statements on signed and fixed-point numbers against plain integers. Sections 22 and 23 of the specification. */
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import type {Ir} from "../../../../src/codecs/quorum/ir.js";
import {signed} from "../../../../src/node/quorum/field/field.js";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {printSource} from "../../../../src/node/quorum/language/print.js";
import {evaluate} from "../../../../src/node/quorum/program/evaluate.js";
import {refusal} from "../programs.js";

/** What `statement` gives for y, of inputs a, b, c, ... */
function value(statement: string, ...values: readonly bigint[]): bigint {
  const given = values.map((each, at) => [String.fromCharCode(97 + at), each] as const);
  const source = [...given.map(([name]) => `input ${name}`), statement, "output y"].join("\n");
  return signed(evaluate(compile(source), {inputs: new Map(given)}).get("y")!);
}
const bit = (condition: boolean): bigint => (condition ? 1n : 0n);
const floored = (a: bigint, b: bigint): bigint => a / b - bit(a < 0n && a % b !== 0n);
/** Section 22: edges of numbers of 64 bits. */
const EDGES = [0n, 1n, -1n, 2n ** 63n, -(2n ** 63n), 2n ** 63n - 1n, -(2n ** 63n - 1n)];
const number = fc.oneof(fc.constantFrom(...EDGES), fc.bigInt({min: -(2n ** 63n), max: 2n ** 63n}));
const small = fc.bigInt({min: -9n, max: 9n});

describe("comparisons", () => {
  const COMPARE: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
    lt: (a, b) => bit(a < b),
    gt: (a, b) => bit(a > b),
    le: (a, b) => bit(a <= b),
    ge: (a, b) => bit(a >= b),
    eq: (a, b) => bit(a === b),
    min: (a, b) => (a < b ? a : b),
    max: (a, b) => (a > b ? a : b),
    argmax: (a, b) => bit(b > a),
  };
  for (const [keyword, expected] of Object.entries(COMPARE))
    test(`${keyword} is right at the edges of 64 bits`, () => {
      for (const a of EDGES)
        for (const b of EDGES) expect([a, b, value(`${keyword} y = a b`, a, b)]).toEqual([a, b, expected(a, b)]);
    });

  test("abs and relu are right at the edges of 64 bits", () => {
    for (const a of EDGES) {
      expect(value("abs y = a", a)).toBe(a < 0n ? -a : a);
      expect(value("relu y = a", a)).toBe(a < 0n ? 0n : a);
    }
  });

  test("max, min and argmax take any number of operands, and of equal ones the first", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(small, number), {minLength: 2, maxLength: 9}), (values) => {
        const names = values.map((_, at) => String.fromCharCode(97 + at)).join(" ");
        const sorted = [...values].sort((a, b) => (a < b ? -1 : Number(a > b)));
        expect(value(`max y = ${names}`, ...values)).toBe(sorted.at(-1));
        expect(value(`min y = ${names}`, ...values)).toBe(sorted[0]);
        expect(value(`argmax y = ${names}`, ...values)).toBe(BigInt(values.indexOf(sorted.at(-1)!)));
      }),
    );
  });

  test("a tournament is as deep as its number of operands has bits, with one comparison less than operands", () => {
    const {nodes} = compile(`input x\nmax y =${" x".repeat(100)}\noutput y`);
    expect(nodes.filter(({type}) => type === "lt")).toHaveLength(99);
    const depths = new Map<string, number>();
    for (const node of nodes) {
      const below = "inputs" in node ? node.inputs.map((name) => depths.get(name)!) : [];
      depths.set(node.id, Math.max(0, ...below) + Number(node.type === "lt"));
    }
    expect(depths.get("y")).toBe(7);
  });
});

describe("div", () => {
  test("is the whole quotient of numbers that are not negative", () => {
    fc.assert(
      fc.property(
        fc.bigInt({min: 0n, max: 2n ** 62n}),
        fc.oneof(fc.bigInt({min: 1n, max: 9n}), fc.bigInt({min: 1n, max: 2n ** 62n})),
        (a, b) => {
          expect(value("div y = a b 63", a, b)).toBe(a / b);
        },
      ),
      {numRuns: 50},
    );
    for (const [a, b] of [
      [0n, 1n],
      [7n, 7n],
      [6n, 7n],
      [15n, 1n],
      [14n, 2n],
    ] as const)
      expect(value("div y = a b 4", a, b)).toBe(a / b);
    expect([value("div y = a b 1", 5n, 5n), value("div y = a b 1", 4n, 5n)]).toEqual([1n, 0n]);
    expect(value("div y = a b 64", 2n ** 64n - 1n, 1n)).toBe(2n ** 64n - 1n);
  });

  test("gives all ones for a divisor of 0 and for a quotient of more bits, and 0 of what is negative", () => {
    for (const [a, b] of [
      [0n, 0n],
      [9n, 0n],
      [16n, 1n],
      [1000n, 3n],
    ] as const)
      expect([a, b, value("div y = a b 4", a, b)]).toEqual([a, b, 15n]);
    expect(value("div y = a b 4", -5n, 2n)).toBe(0n);
  });
});

describe("fixed point", () => {
  const fixed = fc.bigInt({min: -(2n ** 40n), max: 2n ** 40n});

  test("fixmul is the product, shifted by 16 bits or as many as it says", () => {
    fc.assert(
      fc.property(fixed, fixed, fc.integer({min: 1, max: 100}), (a, b, bits) => {
        expect(value("fixmul y = a b", a, b)).toBe(floored(a * b, 2n ** 16n));
        expect(value(`fixmul y = a b ${bits}`, a, b)).toBe(floored(a * b, 2n ** BigInt(bits)));
      }),
    );
  });

  test("matvec is each row times the vector, shifted once", () => {
    const matrix = fc.tuple(fc.integer({min: 1, max: 4}), fc.integer({min: 1, max: 4})).chain(([rows, columns]) =>
      fc.record({
        rows: fc.array(fc.array(fixed, {minLength: columns, maxLength: columns}), {minLength: rows, maxLength: rows}),
        vector: fc.array(fixed, {minLength: columns, maxLength: columns}),
        bits: fc.constantFrom(1, 16, 30),
      }),
    );
    fc.assert(
      fc.property(matrix, ({rows, vector, bits}) => {
        const all = [...rows.flat(), ...vector];
        const inputs = new Map(all.map((each, at) => [`i${at}`, each]));
        const sum = (row: readonly bigint[]): bigint => row.reduce((total, each, at) => total + each * vector[at]!, 0n);
        for (const [words, shift] of [
          ["", 16n],
          [` ${bits}`, BigInt(bits)],
        ] as const) {
          const source = [
            ...[...inputs.keys()].map((name) => `input ${name}`),
            `matvec y = ${rows.length} ${vector.length} ${[...inputs.keys()].join(" ")}${words}`,
            `output ${rows.map((_, at) => `y[${at}]`).join(" ")}`,
          ].join("\n");
          const results = [...evaluate(compile(source), {inputs}).values()].map(signed);
          expect(results).toEqual(rows.map((row) => floored(sum(row), 2n ** shift)));
        }
      }),
    );
  });

  test("sigmoid and tanh stay near the curves, and are monotone and symmetric", () => {
    const unit = 2 ** 16;
    let [below, tanhBelow] = [-1n, -(2n ** 20n)];
    for (let x = -9; x <= 9; x += 1 / 64) {
      const scaled = BigInt(Math.round(x * unit));
      const [y, t] = [value("sigmoid y = a", scaled), value("tanh y = a", scaled)];
      expect(Math.abs(Number(y) / unit - 1 / (1 + Math.exp(-x)))).toBeLessThan(0.019);
      expect(Math.abs(Number(t) / unit - Math.tanh(x))).toBeLessThan(0.038);
      expect([y >= below, t >= tanhBelow]).toEqual([true, true]);
      if (x !== 0) expect(y + value("sigmoid y = a", -scaled)).toBe(2n ** 16n);
      expect(t + value("tanh y = a", -scaled)).toBe(0n);
      [below, tanhBelow] = [y, t];
    }
    expect(value("sigmoid y = a 30", 2n ** 40n)).toBe(2n ** 30n);
    expect(value("sigmoid y = a 30", 0n)).toBe(2n ** 29n);
  });
});

describe("a statement is refused", () => {
  const CASES: Readonly<Record<string, string>> = {
    "gt x = q": "duplicate identifier 'x'",
    "relu y": "incomplete statement",
    "relu y =": "incomplete statement",
    "gt y = x": "incomplete statement",
    "gt y = x q": "undefined identifier 'q'",
    "le y = p q": "undefined identifier 'p'",
    "max y = x": "max requires at least 2 operands",
    "min y = q": "min requires at least 2 operands",
    "argmax y = x q": "undefined identifier 'q'",
    "div y = x x": "incomplete statement",
    "div y = x q 99": "undefined identifier 'q'",
    "div y = x x 0": "number of bits from 1 to 64 expected, not '0'",
    "div y = x x 65": "number of bits from 1 to 64 expected, not '65'",
    "fixmul y = x x x": "number of bits from 1 to 100 expected, not 'x'",
    "sigmoid y = x 101": "number of bits from 1 to 100 expected, not '101'",
    "tanh y = q 101": "undefined identifier 'q'",
    "matvec x = 1": "duplicate identifier 'x'",
    "matvec y = 1": "incomplete statement",
    "matvec y = 0 1 x": "number of rows from 1 to 65536 expected, not '0'",
    "matvec y = 1 x x x": "number of columns from 1 to 65536 expected, not 'x'",
    "matvec y = 2 2 x x x x x": "matvec of 2 rows and 2 columns requires 6 operands",
    "matvec y = 1 1 x x 16 16": "matvec of 1 rows and 1 columns requires 2 operands",
    "matvec y = 65536 65536 x x": "matvec of 65536 rows and 65536 columns requires 4295032832 operands",
    "matvec y = 1 1 q x 0": "undefined identifier 'q'",
    "matvec y = 1 1 x x 0": "number of bits from 1 to 100 expected, not '0'",
    "matvec z = 1 1 q x": "duplicate identifier 'z[0]'",
  };
  for (const [statement, message] of Object.entries(CASES))
    test(`${statement}: ${message}`, () => {
      expect(refusal(`input x\ninput z[0]\n${statement}\noutput x`)).toBe(`Line 3: ${message}`);
    });

  test("when a wire on the way has a name of the program (defect D23)", () => {
    for (const [taken, statement] of [
      ["__relu_y_const_1", "relu y = x"],
      ["__relu_y_lt_2", "relu y = x"],
      ["__fixmul_y_mul_1", "fixmul y = x x"],
      ["__sigmoid_y_shr_21", "sigmoid y = x"],
      ["__matvec_y_mul_1", "matvec y = 1 1 x x"],
    ])
      expect(refusal(`input x\ninput ${taken}\n${statement}\noutput x`)).toBe(
        `Line 3: duplicate identifier '${taken}'`,
      );
  });

  test("under strict syntax for what is otherwise ignored", () => {
    const cases = {"relu y = x x": "x", "gt y = x x x": "x", "fixmul y = x x 3 4": "4", "div y = x x 3 4": "4"};
    for (const [statement, word] of Object.entries(cases)) {
      expect(refusal(`input x\n${statement}\noutput y`)).toBe("accepted");
      expect(refusal(`input x\n${statement}\noutput y`, true)).toBe(`Line 2: unexpected '${word}'`);
    }
    for (const statement of ["relu y = x", "fixmul y = x x", "fixmul y = x x 3", "max y = x x x"])
      expect(refusal(`input x\n${statement}\noutput y`, true)).toBe("accepted");
  });
});

const KEYWORDS = "lt gt le ge eq min max argmax abs relu div shr fixmul matvec sigmoid tanh constructor toString".split(
  " ",
);

test("a keyword is a name too, and a word that is no keyword is none of an object's members", () => {
  const source = [...KEYWORDS.map((name) => `input ${name}`), "add y = lt max", "output y"].join("\n");
  expect(compile(source).nodes.map(({id}) => id)).toEqual([...KEYWORDS, "y"]);
  for (const word of ["constructor", "toString", "__proto__", "hasOwnProperty"])
    expect(refusal(`input x\n${word} y = x\noutput x`)).toBe(`Line 2: unknown keyword '${word.toLowerCase()}'`);
});

test("statements share their constants, each of which is made once", () => {
  const {nodes} = compile("input x\nrelu a = x\nabs b = x\nge c = x x\nle d = x x\noutput a b c d");
  const constants = nodes.flatMap((node) => (node.type === "const" ? [[node.id, node.value]] : []));
  expect(constants).toEqual([
    ["__relu_a_const_1", 0n],
    ["__ge_c_const_5", 1n],
  ]);
});

test("whatever a statement makes is needed by what it defines, and prints as what compiles to it", () => {
  const statements = ["max y = x x x", "argmax y = x x x x x", "div y = x x 5", "tanh y = x", "sigmoid y = x 3"];
  for (const statement of [...statements, "matvec y = 1 3 x x x x x x", "abs y = x"]) {
    const output = statement.startsWith("matvec") ? "y[0]" : "y";
    const ir: Ir = compile(`input x\n${statement}\noutput ${output}`);
    const used = new Set(ir.nodes.flatMap((node) => ("inputs" in node ? node.inputs : [])));
    expect(ir.nodes.filter(({id}) => id !== output && !used.has(id))).toEqual([]);
    expect(compile(printSource(ir))).toEqual(ir);
  }
});
