import {createHash} from "node:crypto";
import fc from "fast-check";
import {expect, test} from "vitest";
import {hexOf} from "../../../../src/codecs/bytes.js";
import {type Binding, boundStart} from "../../../../src/node/ledger/mining/binding.js";

const binding: Binding = {
  headerHash: new Uint8Array(32).fill(1),
  batchRoot: new Uint8Array(32).fill(2),
  minerAddr: "ab".repeat(32),
  nodeId: "rig-1",
};

test("a search starts from the digest that docs/decisions/0011 writes down", () => {
  const digest = createHash("sha3-256")
    .update("qsdm/pow-start/v1\0")
    .update(Buffer.alloc(32, 1))
    .update(Buffer.alloc(32, 2))
    .update(Buffer.from([0, 0, 0, 64]))
    .update("ab".repeat(32))
    .update(Buffer.from([0, 0, 0, 5]))
    .update("rig-1");
  expect(hexOf(boundStart(binding))).toBe(digest.digest("hex"));
});

test("two bindings never share a start, however their texts are split", () => {
  const text = fc.string({maxLength: 6, unit: fc.constantFrom("a", "b", "\0")});
  fc.assert(
    fc.property(text, text, text, text, (minerAddr, nodeId, otherAddr, otherId) => {
      const same = minerAddr === otherAddr && nodeId === otherId;
      const starts = [
        boundStart({...binding, minerAddr, nodeId}),
        boundStart({...binding, minerAddr: otherAddr, nodeId: otherId}),
      ];
      expect(hexOf(starts[0]!) === hexOf(starts[1]!)).toBe(same);
    }),
  );
  expect(boundStart({...binding, batchRoot: binding.headerHash})).not.toEqual(boundStart(binding));
});
