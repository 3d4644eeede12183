import fc from "fast-check";
import {expect, test} from "vitest";
import {compareBytes} from "../../../src/codecs/bytes.js";
import {
  batchKey,
  type Cell,
  canonicalBatch,
  canonicalWorkSet,
  checkBatch,
  checkBatchStructure,
  checkWorkSet,
} from "../../../src/codecs/mining/cells.js";
import {batchCountMaximum, batchHash, merkleRoot, prefixRoot, workSetRoot} from "../../../src/codecs/mining/merkle.js";
import {codeOf} from "../laws.js";
import {batch, bytes, workSet} from "./arbitraries.js";

const cell = (id: string): Cell => ({id: Buffer.from(id), contentHash: new Uint8Array(32).fill(1)});

test("the canonical order does not depend on the order given", () => {
  const shuffled = workSet.chain((set) =>
    fc.record({
      set: fc.constant(set),
      other: fc
        .tuple(...set.map((each) => fc.shuffledSubarray([...each], {minLength: each.length})))
        .chain((batches) => fc.shuffledSubarray(batches, {minLength: batches.length})),
    }),
  );
  fc.assert(
    fc.property(shuffled, ({set, other}) => {
      const ids = set.flat().map(({id}) => Buffer.from(id).toString("hex"));
      // Cells of one id keep their order by design, so only distinct ids have one canonical form.
      fc.pre(new Set(ids).size === ids.length);
      expect(workSetRoot(other)).toEqual(workSetRoot(set));
    }),
  );
});

test("a canonical work set is sorted by id and by key", () => {
  fc.assert(
    fc.property(workSet, (set) => {
      const canonical = canonicalWorkSet(set);
      for (const each of canonical)
        for (let i = 1; i < each.length; i++) expect(compareBytes(each[i - 1]!.id, each[i]!.id)).toBeLessThanOrEqual(0);
      for (let i = 1; i < canonical.length; i++)
        expect(compareBytes(batchKey(canonical[i - 1]!), batchKey(canonical[i]!))).toBeLessThanOrEqual(0);
    }),
  );
});

test("an id sorts before its extension", () => {
  expect(canonicalBatch([cell("ab"), cell("b"), cell("a")]).map(({id}) => Buffer.from(id).toString())).toEqual([
    "a",
    "ab",
    "b",
  ]);
});

test("a batch hash depends on the order given", () => {
  expect(batchHash([cell("a"), cell("b"), cell("c")])).not.toEqual(batchHash([cell("b"), cell("a"), cell("c")]));
});

test("changing any batch hash changes the root", () => {
  const changed = fc
    .array(bytes(32), {minLength: 1, maxLength: 17})
    .chain((hashes) => fc.record({hashes: fc.constant(hashes), at: fc.nat(hashes.length - 1)}));
  fc.assert(
    fc.property(changed, ({hashes, at}) => {
      const other = hashes.with(at, hashes[at]!.with(0, hashes[at]![0]! ^ 1));
      expect(merkleRoot(other)).not.toEqual(merkleRoot(hashes));
    }),
  );
});

test("a prefix of all batches has the root of the whole", () => {
  fc.assert(
    fc.property(fc.array(batch, {minLength: 1, maxLength: 9}), (set) => {
      const hashes = set.map(batchHash);
      expect(prefixRoot(hashes, hashes.length)).toEqual(merkleRoot(hashes));
    }),
  );
});

test("one batch may be claimed of up to 16, two of 17", () => {
  expect([0, 1, 16, 17, 32, 33].map(batchCountMaximum)).toEqual([1, 1, 1, 2, 2, 3]);
});

test("a batch of two or of six cells is refused, and a cell without id", () => {
  const cells = ["a", "b", "c", "d", "e", "f"].map(cell);
  expect(codeOf(() => checkBatch(cells.slice(0, 2)))).toBe("BATCH_INVALID");
  expect(codeOf(() => checkBatch(cells))).toBe("BATCH_INVALID");
  expect(codeOf(() => checkBatch([cell(""), cell("a"), cell("b")]))).toBe("BATCH_INVALID");
  expect(codeOf(() => checkBatch(cells.slice(0, 5)))).toBe("accepted");
});

test("an empty work set and one with a bad batch are refused", () => {
  expect(codeOf(() => checkWorkSet([]))).toBe("BATCH_INVALID");
  expect(() => checkWorkSet([[cell("a"), cell("b")]])).toThrow(
    "mining: work-set batch 0: mining: batch size 2 out of allowed range [3,5]",
  );
});

test("structure wants ascending ids, content, and cells that the mesh has", () => {
  const cells = ["a", "b", "c"].map(cell);
  const blank = {...cells[0]!, contentHash: new Uint8Array(32)};
  expect(codeOf(() => checkBatchStructure(cells, ({length}) => (length === 1 ? cells[0]!.contentHash : null)))).toBe(
    "accepted",
  );
  expect(() => checkBatchStructure([cells[1]!, cells[0]!, cells[2]!], null)).toThrow("not in canonical ascending");
  expect(() => checkBatchStructure([cells[0]!, cells[0]!, cells[2]!], null)).toThrow("share the same ID");
  expect(() => checkBatchStructure([blank, cells[1]!, cells[2]!], null)).toThrow("zero content hash");
  expect(() => checkBatchStructure(cells, () => null)).toThrow("unknown parent cell");
  expect(() => checkBatchStructure(cells, () => new Uint8Array(32))).toThrow("does not match the mesh");
});

test("a prefix of none or of too many batches is refused", () => {
  expect(codeOf(() => prefixRoot([new Uint8Array(32)], 0))).toBe("PREFIX_INVALID");
  expect(codeOf(() => prefixRoot([new Uint8Array(32)], 2))).toBe("PREFIX_INVALID");
});
