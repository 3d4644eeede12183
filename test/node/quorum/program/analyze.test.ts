import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {evaluateInProcess} from "../../../../src/node/quorum/custodian/in-process.js";
import {add, inv, mul, sub} from "../../../../src/node/quorum/field/field.js";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {analyze, type OutputAnalysis, outlineOf} from "../../../../src/node/quorum/program/analyze.js";
import {evaluate} from "../../../../src/node/quorum/program/evaluate.js";
import {bitsOfWires} from "../../../../src/node/quorum/program/range.js";
import {lagrangeAt} from "../../../../src/node/quorum/sharing/shamir.js";
import {element, programs, SQUARE, seededSource} from "../programs.js";

const outputOf = (source: string): OutputAnalysis => analyze(compile(source)).outputs[0]!;
const answer = (source: string, x: bigint): bigint =>
  evaluate(compile(source), {inputs: new Map([["x", x]])}).get("y")!;

// Section 21 of the specification.
describe("answers that give a program away", () => {
  test("two for the square of x plus a constant, and two do it", () => {
    expect(outputOf(SQUARE)).toEqual({
      name: "y",
      degree: 2n,
      structure: "square",
      inputs: 1,
      unknowns: 1,
      answerBits: 127,
      interpolationQueries: 3n,
      extractionQueries: 2n,
    });
    const [zero, one] = [answer(SQUARE, 0n), answer(SQUARE, 1n)];
    expect(mul(sub(one, zero) - 1n, inv(2n))).toBe(7n);
  });

  test("d + 1 for a linear model with d weights and a bias", () => {
    const model = (d: number): string => {
      const names = Array.from({length: d}, (_, at) => at);
      const wires = names.flatMap((at) => [`input x${at}`, `const w${at} = ${at + 3}`]);
      const pairs = names.map((at) => `w${at} x${at}`).join(" ");
      return [...wires, "const b = 9", `dot s = ${pairs}`, "add y = s b", "output y"].join("\n");
    };
    for (const d of [2, 5, 20])
      expect(outputOf(model(d))).toMatchObject({structure: "linear", extractionQueries: BigInt(d + 1)});
  });

  test("m + 1 for a dense polynomial of degree m, and interpolation does it", () => {
    const cubic = "input x\nconst a = 5\nconst b = 6\nconst c = 7\nconst d = 8\npolyeval y = x a b c d\noutput y";
    expect(outputOf(cubic)).toMatchObject({structure: "univariate", degree: 3n, extractionQueries: 4n});
    const points = [0n, 1n, 2n, 3n].map((x) => ({x, y: answer(cubic, x)}));
    for (const x of [4n, 99n]) expect(lagrangeAt(points, x)).toBe(answer(cubic, x));
  });

  test("fewer where outputs have unknowns in common, and no fewer where they have none", () => {
    const queries = (source: string): readonly bigint[] =>
      analyze(compile(`input x\nsecret a\nsecret b\nsecret c\nmul m = a x\n${source}`)).outputs.map(
        ({extractionQueries}) => extractionQueries,
      );
    const common = "add y = m b\nadd z = y b\noutput y z";
    expect(queries(common)).toEqual([1n, 1n]);
    // One answer gives both.
    const [a, b, x] = [31n, 77n, 5n];
    const secrets = new Map(Object.entries({a, b}));
    const ir = compile(`input x\nsecret a\nsecret b\nmul m = a x\n${common}`);
    const {y = 0n, z = 0n} = Object.fromEntries(evaluate(ir, {inputs: new Map([["x", x]]), secrets}));
    expect([(y - (z - y)) / x, z - y]).toEqual([a, b]);
    expect(queries("mul n = b x\nadd y = n c\noutput m y")).toEqual([1n, 2n]);
    // What a ties to b, and b to c, is about all three.
    expect(queries("add y = m b\nadd z = b c\nadd u = m x\noutput y z u")).toEqual([1n, 1n, 1n]);
    expect(queries("lt y = x a\nlt z = x b\noutput y z")).toEqual([16n, 16n]);
  });

  test("none where there is nothing to find, and the number of unknowns where structure says no more", () => {
    expect(outputOf("input x\nmul y = x x\noutput y").extractionQueries).toBe(0n);
    const two = "input x\ninput z\nconst s = 4\nmul a = x z\nmul b = a s\nmul y = b x\noutput y";
    expect(outputOf(two)).toMatchObject({structure: "multivariate", degree: 3n, unknowns: 1, extractionQueries: 2n});
    expect(outputOf("const c = 4\nmul y = c c\noutput y")).toMatchObject({structure: "constant", degree: 0n});
  });

  test("an unbounded number of coefficients is said to be one", () => {
    const steps = Array.from({length: 80}, (_, at) => `mul m${at + 1} = m${at} m${at}`);
    const source = ["input m0", "input z", "const c = 1", ...steps, "mul y = m80 z", "mul k = y c", "output k"].join(
      "\n",
    );
    expect(outputOf(source)).toMatchObject({degree: 2n ** 80n + 1n, interpolationQueries: null, extractionQueries: 2n});
  });
});

test("rounds are those of an evaluation, and no fewer than the depth", () => {
  fc.assert(
    fc.property(programs(20), ({ir, inputs, secrets}) => {
      const {rounds, depth} = analyze(ir);
      const trace = evaluateInProcess(ir, {inputs, secrets}, {n: 3, k: 2}, seededSource(1n));
      expect(rounds).toBe(trace.rounds.length);
      expect(depth).toBeLessThanOrEqual(rounds!);
    }),
  );
});

test("no output has a higher degree than is said: finite differences of that order vanish", () => {
  fc.assert(
    fc.property(programs(4), ({ir, inputs, secrets}) => {
      for (const {name, degree} of analyze(ir).outputs) {
        // Along a line through the inputs, an output is a polynomial of one variable with at most that degree.
        const along = (t: bigint): bigint =>
          evaluate(ir, {
            secrets,
            inputs: new Map([...inputs].map(([key, value], at) => [key, add(value, t * BigInt(at + 1))])),
          }).get(name)!;
        const points = Array.from({length: Number(degree) + 1}, (_, t) => ({x: BigInt(t), y: along(BigInt(t))}));
        expect(lagrangeAt(points, 1000n)).toBe(along(1000n));
      }
    }),
  );
});

describe("an output that compares or shifts", () => {
  const of = (lines: string, secretBits?: number): OutputAnalysis =>
    analyze(compile(`input x\nsecret a\nsecret b\n${lines}\noutput y`), {secretBits}).outputs[0]!;

  test("has no degree, and takes as many answers as its unknowns have bits", () => {
    expect(of("lt y = x a")).toEqual({
      name: "y",
      degree: null,
      structure: "piecewise",
      inputs: 1,
      unknowns: 1,
      answerBits: 1,
      interpolationQueries: null,
      extractionQueries: 16n,
    });
    expect(of("lt y = x a", 40).extractionQueries).toBe(40n);
    // Bisection finds a threshold of 16 bits in as many answers.
    const ir = compile("input x\nsecret a\nlt y = x a\noutput y");
    const secrets = new Map([["a", 51_966n]]);
    let found = 0n;
    for (let bit = 15n; bit >= 0n; bit--) {
      const middle = found + 2n ** bit - 1n;
      found += evaluate(ir, {inputs: new Map([["x", middle]]), secrets}).get("y")! * 2n ** bit;
    }
    expect(found).toBe(51_966n);
  });

  test("of a greater range takes fewer answers, and says all that a whole element does where it may be any", () => {
    const cases: readonly (readonly [string, number, bigint])[] = [
      ["lt l = x a\nlt m = x b\nadd y = l m", 2, 16n],
      ["lt l = x a\nlt m = x b\nmul y = l m", 1, 32n],
      ["argmax y = x a b x x", 3, 11n],
      ["lt l = x a\nneg y = l", 1, 16n],
      ["le y = x a", 1, 16n],
      ["lt l = x a\nmux y = l a b", 127, 1n],
      ["relu y = a", 127, 1n],
      ["add s = a x\nshr y = s 27", 100, 1n],
      ["add s = a x\nshr r = s 100\nshr y = r 20", 7, 3n],
      ["max m = x a\nmul z = m b\nsub y = z z", 127, 1n],
      ["lt l = x a\nconst c = 3\nmul y = l c", 127, 1n],
    ];
    for (const [lines, answerBits, extractionQueries] of cases) {
      const {answerBits: bits, extractionQueries: queries} = of(lines);
      expect([lines, bits, queries]).toEqual([lines, answerBits, extractionQueries]);
    }
  });

  test("has no rounds that the reference would know, and counts as a layer of the depth", () => {
    const {rounds, depth} = analyze(compile("input x\nrelu r = x\nrelu y = r\noutput y"));
    expect([rounds, depth]).toEqual([null, 4]);
  });

  test("answers together with the others of its program", () => {
    const {outputs} = analyze(compile("input x\nsecret a\nlt y = x a\neq z = x a\noutput y z"));
    expect(outputs.map(({extractionQueries}) => extractionQueries)).toEqual([8n, 8n]);
  });

  test("is polynomial, of degree 0, where no input comes into it", () => {
    expect(of("lt y = a b")).toMatchObject({degree: 0n, structure: "constant", extractionQueries: 1n});
  });

  test("never takes more values than it is said to", () => {
    const bits = ["lt", "eq", "shr", "add", "sub", "mul", "neg", "mux"] as const;
    fc.assert(
      fc.property(
        programs(20, [...bits]),
        fc.array(element, {minLength: 12, maxLength: 12}),
        ({ir, inputs, secrets}, given) => {
          const wires = bitsOfWires(ir);
          const names = [...inputs.keys()];
          const answers = Array.from({length: 10}, (_, at) => {
            const moved = new Map(names.map((name, place) => [name, given[(at + place) % given.length]!]));
            return evaluate(ir, {inputs: moved, secrets});
          });
          for (const name of ir.outputs) {
            const values = new Set(answers.map((each) => each.get(name)!));
            expect(BigInt(values.size)).toBeLessThanOrEqual(2n ** BigInt(wires.get(name)!));
          }
        },
      ),
    );
  });
});

test("small unknowns of a linear output come several to an answer, when inputs lie far apart", () => {
  const model = compile("input p\ninput q\nsecret a\nsecret b\ndot y = a p b q\noutput y");
  expect(analyze(model).outputs[0]!.extractionQueries).toBe(2n);
  expect(analyze(model, {secretBits: 16}).outputs[0]!.extractionQueries).toBe(1n);
  const secrets = new Map([
    ["a", 40_000n],
    ["b", 50_000n],
  ]);
  const inputs = new Map([
    ["p", 1n],
    ["q", 2n ** 16n],
  ]);
  const answer = evaluate(model, {inputs, secrets}).get("y")!;
  expect([answer % 2n ** 16n, answer / 2n ** 16n]).toEqual([40_000n, 50_000n]);
});

test("a program of too many nodes times outputs is refused before it is walked, and has an outline all the same", () => {
  const {nodes, ...ir} = compile(SQUARE);
  const large = {...ir, nodes: Array.from({length: 5_000}, () => nodes[0]!), outputs: new Array(5_000).fill("y")};
  expect(() => analyze(large)).toThrow(expect.objectContaining({code: "ANALYSIS_TOO_LARGE"}));
  expect(outlineOf(large)).toMatchObject({constants: 0, secrets: [], depth: 0, rounds: 0});
});
