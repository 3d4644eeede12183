import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {evaluateInProcess} from "../../../../src/node/quorum/custodian/in-process.js";
import {StepExecutor} from "../../../../src/node/quorum/custodian/step-executor.js";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {evaluate} from "../../../../src/node/quorum/program/evaluate.js";
import {programs, SQUARE, seededSource} from "../programs.js";

describe("on shares", () => {
  test("every program gives what it gives in the clear, whichever k custodians stay", () => {
    fc.assert(
      fc.property(
        programs(),
        fc.bigInt({min: 0n, max: 2n ** 64n}),
        fc.constantFrom([1n, 2n, 3n], [1n, 2n], [3n, 1n], [2n, 3n]),
        ({ir, inputs, secrets}, seed, present) => {
          const {results} = evaluateInProcess(ir, {inputs, secrets}, {n: 3, k: 2, present}, seededSource(seed));
          expect([...results]).toEqual([...evaluate(ir, {inputs, secrets})]);
        },
      ),
    );
  });

  test("mux takes one triple under its own name (defect D8)", () => {
    const ir = compile("input s\ninput a\ninput b\nmux m = s a b\noutput m");
    const inputs = new Map([
      ["s", 3n],
      ["a", 10n],
      ["b", 4n],
    ]);
    const {rounds, results} = evaluateInProcess(ir, {inputs}, {n: 5, k: 3}, seededSource(9n));
    expect(rounds.map((round) => round.map(({node}) => node))).toEqual([["m"]]);
    expect(results.get("m")).toBe(22n);
  });

  test("one custodian's shares do not give the result", () => {
    const ir = compile(SQUARE);
    const {outputShares} = evaluateInProcess(ir, {inputs: new Map([["x", 3n]])}, {n: 3, k: 2}, seededSource(1n));
    expect(outputShares.map((each) => each.get("y"))).not.toContain(100n);
  });
});

describe("the executor refuses", () => {
  const triple = {a: 1n, b: 2n, c: 3n};
  const executor = (inputs: ReadonlyMap<string, bigint>, triples: ReadonlyMap<string, typeof triple>): StepExecutor =>
    new StepExecutor(compile(SQUARE), {inputs}, triples);
  const x = new Map([["x", 5n]]);

  test("a product without a triple (defect D10), and an input without a share", () => {
    expect(() => executor(x, new Map()).step()).toThrow("no triple for node 'y'");
    expect(() => executor(new Map(), new Map([["y", triple]])).step()).toThrow("Missing input share for 'x'");
  });

  test("a comparison and a shift, which it cannot compute on shares", () => {
    for (const statement of ["lt y = x x", "eq y = x x", "shr y = x 1"])
      expect(() => new StepExecutor(compile(`input x\n${statement}\noutput y`), {inputs: x}, new Map())).toThrow(
        expect.objectContaining({code: "OPERATION_UNSUPPORTED"}),
      );
  });

  test("a secret without a share, also where an input has its name", () => {
    const ir = compile("secret s\ninput x\nadd y = s x\noutput y");
    const inputs = new Map([
      ["x", 1n],
      ["s", 2n],
    ]);
    expect(() => new StepExecutor(ir, {inputs}, new Map()).step()).toThrow("No share of secret 's'");
  });

  test("an opening that it did not ask for, or that comes twice", () => {
    const run = executor(x, new Map([["y", triple]]));
    expect(() => run.resolve("y", {epsilon: 0n, delta: 0n})).toThrow("waits for nothing");
    expect(run.step().map(({node}) => node)).toEqual(["y"]);
    expect([run.done, run.pending]).toEqual([false, ["y"]]);
    run.resolve("y", {epsilon: 0n, delta: 0n});
    expect(() => run.resolve("y", {epsilon: 0n, delta: 0n})).toThrow("waits for nothing");
    expect([run.step(), run.done]).toEqual([[], true]);
  });
});
