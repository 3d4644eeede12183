/** What a header commits to: bodies and their order, by a tree that has one list for a root (D2). */
import fc from "fast-check";
import {expect, test} from "vitest";
import {utf8} from "../../../../src/codecs/bytes.js";
import {transactionRoot} from "../../../../src/codecs/qsdm-chain/tree.js";
import {sectionRoot} from "../../../../src/node/ledger/chain/sections.js";

test("no two lists of transactions share a root, as QSDM's do that repeat their last", () => {
  const ids = ["a", "b", "c"];
  expect(transactionRoot(ids)).toBe(transactionRoot([...ids, "c"]));
  const bodies = ids.map(utf8);
  expect(sectionRoot(bodies)).not.toBe(sectionRoot([...bodies, utf8("c")]));
  const body = fc.uint8Array({minLength: 1, maxLength: 40});
  const list = fc.array(body, {maxLength: 9});
  fc.assert(
    fc.property(list, list, (a, b) => {
      const same = a.length === b.length && a.every((each, i) => Buffer.compare(each, b[i]!) === 0);
      expect(sectionRoot(a) === sectionRoot(b)).toBe(same);
    }),
  );
});
