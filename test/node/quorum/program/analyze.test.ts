import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {evaluateInProcess} from "../../../../src/node/quorum/custodian/in-process.js";
import {add, inv, mul, sub} from "../../../../src/node/quorum/field/field.js";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {analyze, type OutputAnalysis} from "../../../../src/node/quorum/program/analyze.js";
import {evaluate} from "../../../../src/node/quorum/program/evaluate.js";
import {lagrangeAt} from "../../../../src/node/quorum/sharing/shamir.js";
import {programs, SQUARE, seededSource} from "../programs.js";

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
      const {rounds, depth, products} = analyze(ir);
      const trace = evaluateInProcess(ir, {inputs, secrets}, {n: 3, k: 2}, seededSource(1n));
      expect([rounds, products]).toEqual([trace.rounds.length, trace.rounds.flat().length]);
      expect(depth).toBeLessThanOrEqual(rounds);
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

test("a program of too many nodes times outputs is refused before it is walked", () => {
  const {nodes, ...ir} = compile(SQUARE);
  const large = {...ir, nodes: Array.from({length: 5_000}, () => nodes[0]!), outputs: new Array(5_000).fill("y")};
  expect(() => analyze(large)).toThrow(expect.objectContaining({code: "ANALYSIS_TOO_LARGE"}));
});
