/** Cutting a tree into subtrees and putting it together again. */
import fc from "fast-check";
import {expect, test} from "vitest";
import {compareBytes, utf8} from "../../../../src/codecs/bytes.js";
import {sha3} from "../../../../src/codecs/hash.js";
import {
  type Cut,
  isPlace,
  type Place,
  rootOfLeaves,
  rootOfSubtrees,
  subtreesOf,
} from "../../../../src/node/ledger/state/subtrees.js";
import {EMPTY_ROOT, type LeafChange, rootOf, updateTree} from "../../../../src/node/ledger/state/tree.js";

const store = {
  name: "s",
  codec: {encode: (value: unknown) => value as Uint8Array, decode: (bytes: Uint8Array) => bytes},
};

/** Leaves with values of these sizes, at paths that nobody chose. */
const leavesOf = (sizes: readonly number[]): LeafChange[] =>
  sizes.map((size, i) => {
    const path = sha3(utf8(`leaf ${i}`));
    return {path, valueHash: sha3(path), source: {store, key: String(i), value: new Uint8Array(size)}};
  });
const cut = (leaves: readonly LeafChange[], maxBytes: number): Cut[] =>
  [...subtreesOf(updateTree(null, leaves), ({value}) => value as Uint8Array, maxBytes)]
    .filter((each) => each !== null)
    .sort((a, b) => compareBytes(a.prefix, b.prefix));

const trees = fc.record({
  leaves: fc.array(fc.integer({min: 0, max: 40}), {maxLength: 60}).map(leavesOf),
  maxBytes: fc.integer({min: 1, max: 400}),
});

test("the parts hold every leaf once, none larger than asked but a single leaf, and their roots give the whole", () => {
  fc.assert(
    fc.property(trees, ({leaves, maxBytes}) => {
      const parts = cut(leaves, maxBytes);
      expect(rootOfSubtrees(parts)).toEqual(rootOf(updateTree(null, leaves)));
      expect(parts.reduce((count, each) => count + each.parts.length, 0)).toBe(leaves.length);
      for (const {parts: held, sizeBytes} of parts)
        if (held.length > 1) expect(sizeBytes).toBeLessThanOrEqual(maxBytes);
    }),
  );
});

test("the leaves below a place give its root, and no others do", () => {
  fc.assert(
    fc.property(trees, ({leaves, maxBytes}) => {
      const ordered = leaves
        .map(({path, valueHash}) => ({path, valueHash: valueHash!}))
        .sort((a, b) => compareBytes(a.path, b.path));
      let from = 0;
      for (const each of cut(leaves, maxBytes)) {
        const own = ordered.slice(from, from + each.parts.length);
        expect(rootOfLeaves(own, each)).toEqual(each.root);
        expect(rootOfLeaves(own.slice(1), each)).not.toEqual(each.root);
        if (own.length > 1) expect(rootOfLeaves([...own].reverse(), each)).toBeNull();
        if (own.length > 0 && each.depth > 0)
          expect(rootOfLeaves(own, {...each, prefix: each.prefix.with(0, each.prefix[0]! ^ 0x80)})).toBeNull();
        from += own.length;
      }
    }),
  );
});

test("parts that are out of order, stand twice, lie within each other or are missing give no root, or another", () => {
  const leaves = leavesOf(Array.from({length: 40}, () => 10));
  const parts = cut(leaves, 60);
  const whole = rootOf(updateTree(null, leaves));
  expect(parts.length).toBeGreaterThan(3);
  expect(rootOfSubtrees([...parts].reverse())).toBeNull();
  expect(rootOfSubtrees([parts[0]!, ...parts])).toBeNull();
  expect(rootOfSubtrees([{depth: 0, prefix: new Uint8Array(), root: whole}, ...parts])).toBeNull();
  expect(rootOfSubtrees(parts.slice(1))).not.toEqual(whole);
  expect(rootOfSubtrees([])).toEqual(EMPTY_ROOT);
});

test.each<[string, Place]>([
  ["bits behind its end", {depth: 1, prefix: Uint8Array.of(0x40)}],
  ["too many bytes", {depth: 8, prefix: Uint8Array.of(0, 0)}],
  ["too few", {depth: 9, prefix: Uint8Array.of(0)}],
  ["more bits than a path", {depth: 257, prefix: new Uint8Array(33)}],
])("a place has one name: none with %s", (_, place) => {
  expect(isPlace(place)).toBe(false);
  expect(rootOfSubtrees([{...place, root: new Uint8Array(32)}])).toBeNull();
});
