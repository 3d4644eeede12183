import fc from "fast-check";
import {expect, test} from "vitest";
import {evaluate} from "../../../../src/node/quorum/program/evaluate.js";
import {eliminateCommon, optimize, prune} from "../../../../src/node/quorum/program/optimize.js";
import {OPERATIONS, programs} from "../programs.js";

test("an optimized program computes what the program does, under the same output names", () => {
  fc.assert(
    fc.property(programs(20, OPERATIONS), ({ir, inputs, secrets}) => {
      for (const pass of [eliminateCommon, prune, optimize]) {
        expect(pass(ir).nodes.length).toBeLessThanOrEqual(ir.nodes.length);
        expect([...evaluate(pass(ir), {inputs, secrets})]).toEqual([...evaluate(ir, {inputs, secrets})]);
      }
    }),
  );
});

test("optimizing twice changes nothing more", () => {
  fc.assert(
    fc.property(programs(20, OPERATIONS), ({ir}) => {
      expect(optimize(optimize(ir))).toEqual(optimize(ir));
    }),
  );
});
