/** What custodians run for a package whose policy rounds its outputs. */
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {packProgram} from "../../../../src/codecs/quorum/program-package.js";
import {loadBackend} from "../../../../src/node/compute/backend.js";
import {P, signed} from "../../../../src/node/quorum/field/field.js";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {analyze} from "../../../../src/node/quorum/program/analyze.js";
import {evaluate, inputNames} from "../../../../src/node/quorum/program/evaluate.js";
import {lint} from "../../../../src/node/quorum/program/lint.js";
import {runningIr} from "../../../../src/node/quorum/program/running.js";
import {sideBySide} from "../../../../src/node/quorum/program/side-by-side.js";
import {evaluationsAtOnce} from "../../../../src/node/quorum/strict/custodian.js";
import {costOf} from "../../../../src/node/quorum/verified/cost.js";
import {evaluateDealt} from "../../../support/dealt.js";

const {field} = await loadBackend();
const SOURCE = "input x\nsecret s\nsecret c\nmul a = x s\nadd y = a c\noutput y\noutput x\noutput c";
const rounding = (bits: number, source = SOURCE) =>
  packProgram(compile(source), {policy: {outputRoundingBits: BigInt(bits)}});
/** The greatest multiple of 2^bits that is not above `value`, by division. */
const down = (value: bigint, bits: number): bigint => {
  const unit = 2n ** BigInt(bits);
  const rest = value % unit;
  return value - rest - (rest < 0n ? unit : 0n);
};
const element = (value: bigint): bigint => ((value % P) + P) % P;
const number = fc.bigInt({min: -(2n ** 61n), max: 2n ** 61n});

describe("outputs that are rounded", () => {
  test("are what hand arithmetic makes of them, in the clear and on shares, below 0 too", () => {
    const bitsOf = fc.constantFrom(1, 2, 7, 16, 40, 64, 99, 100);
    fc.assert(
      fc.property(number, number, number, bitsOf, (x, s, c, bits) => {
        const ir = runningIr(rounding(bits));
        const given = {
          inputs: new Map([["x", element(x)]]),
          secrets: new Map(Object.entries({s: element(s), c: element(c)})),
        };
        const expected = [x * s + c, x, c].map((value) => down(value, bits));
        expect([...evaluate(ir, given).values()].map(signed)).toEqual(expected);
        const {outputs, traffic} = evaluateDealt(ir, given, {n: 3, k: 2, field});
        expect([...outputs.values()].map(signed)).toEqual(expected);
        expect(traffic.rounds).toBe(costOf(ir).rounds);
      }),
      {
        numRuns: 20,
        examples: [
          [0n, 0n, -1n, 100],
          [-1n, 1n, 0n, 1],
          [3n, 5n, 1n, 4],
        ],
      },
    );
  });

  test("are as many, in their order, and of the names that a program may have for itself none is taken", () => {
    const ir = compile("input rounded/0/0\ninput rounded/\nadd y = rounded/0/0 rounded/\noutput y\noutput rounded/");
    const package_ = packProgram(ir, {policy: {outputRoundingBits: 3n}});
    const running = runningIr(package_);
    const names = running.nodes.map(({id}) => id);
    expect(new Set(names).size).toBe(names.length);
    expect(inputNames(running)).toEqual(inputNames(ir));
    const inputs = new Map(Object.entries({"rounded/0/0": 20n, "rounded/": 9n}));
    expect([...evaluate(running, {inputs}).values()]).toEqual([24n, 8n]);
    const twice = new Map(
      [...inputs].flatMap(([name, value]) => [0, 1].map((at) => [`${at}/${name}`, value + BigInt(at)])),
    );
    expect([...evaluate(sideBySide(running, 2), {inputs: twice as Map<string, bigint>}).values()]).toEqual([
      24n,
      8n,
      24n,
      8n,
    ]);
  });

  test("are made once for a program and a number of bits, so that plans and costs are", () => {
    const program = rounding(8);
    expect(runningIr(program)).toBe(runningIr(program));
    expect(runningIr({...program, policy: {outputRoundingBits: 9n}})).not.toBe(runningIr(program));
    expect(runningIr({...program, policy: {}})).toBe(program.ir);
  });

  test("take a shift each, and leave room for fewer evaluations at once", () => {
    const exact = packProgram(compile(SOURCE));
    // Three shifts of 316 triples (page 101), and the check before them.
    expect(costOf(runningIr(rounding(8))).triples).toBe(costOf(exact.ir).triples + 3 * 316 + 1);
    // 16,384 triples together.
    expect([evaluationsAtOnce(exact), evaluationsAtOnce(rounding(8))]).toEqual([32, Math.floor(16_384 / 952)]);
  });
});

describe("what lint says of them", () => {
  const analyzed = (bits: number, source: string, secretBits?: number) => {
    const {ir, policy} = rounding(bits, source);
    return analyze(ir, {policy, secretBits}).outputs[0]!;
  };

  test("is as many bits less for each answer", () => {
    expect(analyzed(27, "input x\nsecret s\nadd y = x s\noutput y").answerBits).toBe(100);
    // Products of a bit and a power of two: one bit, wherever it is, and none below what is rounded away.
    const bit = "input x\nsecret s\nlt y = x s\noutput y";
    expect(analyzed(1, bit)).toMatchObject({answerBits: 0, extractionQueries: 0n});
    const found = lint(compile(bit), {outputRoundingBits: 1n, budgetPerIdentity: 100n}).map(({code}) => code);
    expect(found).toEqual(["ROUNDED_AWAY", "CONTROL"]);
  });

  test("is no fewer answers than exact ones give, and more where they have room for less", () => {
    const linear = "input x\nsecret a\nsecret b\nsecret c\nmul p = x a\nadd q = p b\nadd y = q c\noutput y";
    const exact = analyze(compile(linear)).outputs[0]!;
    expect(exact).toMatchObject({structure: "linear", extractionQueries: 2n, interpolationQueries: 2n});
    // Three unknowns of 127 bits in answers of 37.
    const rounded = analyzed(90, linear);
    expect(rounded).toMatchObject({structure: "linear", degree: 1n, answerBits: 37, interpolationQueries: null});
    expect(rounded.extractionQueries).toBe(BigInt(Math.ceil((3 * 127) / 37)));
    expect(analyzed(90, linear, 16).extractionQueries).toBe(2n);
  });
});
