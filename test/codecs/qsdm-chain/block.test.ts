/** Blocks of the ancestor's journal. Hashes and trees are held to the reference by the conformance run. */
import {describe, expect, test} from "vitest";
import {utf8} from "../../../src/codecs/bytes.js";
import {hashFits, qsdmBlock, qsdmHeader, qsdmTransaction} from "../../../src/codecs/qsdm-chain/block.js";
import {proveInclusion, transactionRoot, verifyInclusion} from "../../../src/codecs/qsdm-chain/tree.js";
import {journal} from "./journal.js";

for (const {line_utf8, hash} of journal)
  describe(`block ${hash.slice(0, 8)} of a journal`, () => {
    const line = utf8(line_utf8);

    test("is written as it was read", () => {
      expect(qsdmBlock.encode(qsdmBlock.decode(line))).toEqual(line);
    });

    test("has the hash that its members give, and another when one of them changes", () => {
      const block = qsdmBlock.decode(line);
      expect(hashFits(block)).toBe(true);
      for (const change of [{height: 77n}, {producerId: "q"}, {stateRoot: ""}, {prevHash: "00"}, {timestamp: ""}])
        expect(hashFits({...block, ...change})).toBe(false);
    });

    test("keeps its transactions byte for byte", () => {
      for (const transaction of qsdmBlock.decode(line).transactions ?? [])
        expect(qsdmTransaction.decode(qsdmTransaction.encode(transaction))).toEqual(transaction);
    });
  });

const LINE = journal[0]!.line_utf8;
for (const [name, text, code] of [
  ["nothing", "", "QSDM_BLOCK_INVALID"],
  ["an unknown member", LINE.replace('"height"', '"hight"'), "QSDM_BLOCK_INVALID"],
  ["data after the block", `${LINE} {}`, "QSDM_BLOCK_INVALID"],
  ["a space", LINE.replace(":", ": "), "JSON_NOT_CANONICAL"],
  ["a height above 64 bits", LINE.replace('"height":0', '"height":18446744073709551616'), "QSDM_BLOCK_INVALID"],
] as const)
  test(`a line with ${name} is refused`, () => {
    expect(() => qsdmBlock.decode(utf8(text))).toThrow(expect.objectContaining({code}));
  });

test("headers and transactions of another shape are refused", () => {
  expect(() => qsdmHeader.decode(utf8("{}"))).toThrow(expect.objectContaining({code: "JSON_NOT_CANONICAL"}));
  expect(() => qsdmHeader.decode(utf8('{"x":1}'))).toThrow(expect.objectContaining({code: "QSDM_HEADER_INVALID"}));
  expect(() => qsdmTransaction.decode(utf8("[]"))).toThrow(expect.objectContaining({code: "QSDM_TRANSACTION_INVALID"}));
});

test("there is no proof of what is not in the tree", () => {
  for (const index of [-1, 2, 0.5])
    expect(() => proveInclusion(["a", "b"], index)).toThrow(expect.objectContaining({code: "INDEX_OUT_OF_RANGE"}));
  expect(verifyInclusion(proveInclusion(["a", "b"], 1), transactionRoot(["a", "c"]))).toBe(false);
});

test("a list and the list with its last id twice have one root, which is why our blocks use another tree", () => {
  expect(transactionRoot(["a", "b", "c"])).toBe(transactionRoot(["a", "b", "c", "c"]));
});
