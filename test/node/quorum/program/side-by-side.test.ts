import fc from "fast-check";
import {expect, test} from "vitest";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {evaluate, inputNames} from "../../../../src/node/quorum/program/evaluate.js";
import {sideBySide} from "../../../../src/node/quorum/program/side-by-side.js";
import {planOf} from "../../../../src/node/quorum/verified/plan.js";
import {programs} from "../programs.js";

test("copies give what the program gives for each, under the same secrets", () => {
  fc.assert(
    fc.property(programs(), fc.integer({min: 1, max: 4}), ({ir, inputs, secrets}, count) => {
      const wide = sideBySide(ir, count);
      const names = inputNames(ir);
      const given = Array.from(
        {length: count},
        (_, copy) => new Map(names.map((name, at) => [name, inputs.get(name)! + BigInt(copy * (at + 1))])),
      );
      const values = given.flatMap((each) => names.map((name) => each.get(name)!));
      const all = new Map(inputNames(wide).map((name, at) => [name, values[at]!]));
      const shared = count === 1 ? secrets : new Map([...secrets].map(([name, value]) => [`/${name}`, value]));
      const results = evaluate(wide, {inputs: all, secrets: shared});
      expect(wide.outputs.map((name) => results.get(name))).toEqual(
        given.flatMap((each) => {
          const alone = evaluate(ir, {inputs: each, secrets});
          return ir.outputs.map((name) => alone.get(name));
        }),
      );
    }),
    {numRuns: 50},
  );
});

test("products of all copies begin in the same rounds, whatever the wires are called", () => {
  const ir = compile("input 1/x\nconst x = 3\nmul y = 1/x x\nmul z = y 1/x\noutput z");
  const wide = sideBySide(ir, 3);
  expect(planOf(wide).steps.map(({products}) => products.out.length)).toEqual([3, 3, 0]);
  const results = evaluate(wide, {inputs: new Map(inputNames(wide).map((name, at) => [name, BigInt(at + 1)]))});
  expect(wide.outputs.map((name) => results.get(name))).toEqual([3n, 12n, 27n]);
  expect(sideBySide(ir, 3)).toBe(wide);
});
