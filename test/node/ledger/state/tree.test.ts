import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {hexOf} from "../../../../src/codecs/bytes.js";
import {sha3} from "../../../../src/codecs/hash.js";
import {openBackend} from "../../../../src/node/compute/backend.js";
import {hashEach} from "../../../../src/node/ledger/state/hashing.js";
import {
  EMPTY_ROOT,
  type LeafChange,
  proveLeaf,
  rootOf,
  type TreeNode,
  updateTree,
  verifyLeaf,
} from "../../../../src/node/ledger/state/tree.js";
import {fastest} from "../../../support/native.js";

const path = (n: number): Uint8Array => sha3(Uint8Array.of(n & 255, n >> 8));
const change = (n: number, value: number | null): LeafChange => ({
  path: path(n),
  valueHash: value === null ? null : sha3(Uint8Array.of(value)),
});
const build = (content: ReadonlyMap<number, number>): TreeNode =>
  updateTree(
    null,
    [...content].map(([n, value]) => change(n, value)),
  );

test("the empty tree has the zero root", () => {
  expect(rootOf(null)).toEqual(EMPTY_ROOT);
});

test("a tree of one leaf is the tagged digest of that leaf", () => {
  const leaf = change(1, 2);
  expect(hexOf(rootOf(updateTree(null, [leaf])))).toBe(hexOf(sha3(Uint8Array.of(0), leaf.path, leaf.valueHash!)));
});

test("two leaves that part at the first bit are joined under the node tag", () => {
  const left = {path: new Uint8Array(32), valueHash: sha3(Uint8Array.of(1))};
  const right = {path: new Uint8Array(32).fill(0x80, 0, 1), valueHash: sha3(Uint8Array.of(2))};
  const leafHash = (leaf: {path: Uint8Array; valueHash: Uint8Array}) =>
    sha3(Uint8Array.of(0), leaf.path, leaf.valueHash);
  const expected = sha3(Uint8Array.of(1), leafHash(left), leafHash(right));
  expect(hexOf(rootOf(updateTree(null, [right, left])))).toBe(hexOf(expected));
});

const operations = fc.array(
  fc.array(fc.tuple(fc.nat(60), fc.option(fc.nat(5), {nil: null, freq: 3})), {maxLength: 12}),
  {maxLength: 12},
);

test("the root depends on the content alone, whatever the history", () => {
  fc.assert(
    fc.property(operations, (batches) => {
      const content = new Map<number, number>();
      let tree: TreeNode = null;
      for (const batch of batches) {
        const last = new Map(batch);
        tree = updateTree(
          tree,
          [...last].map(([n, value]) => change(n, value)),
        );
        for (const [n, value] of last) value === null ? content.delete(n) : content.set(n, value);
        expect(hexOf(rootOf(tree))).toBe(hexOf(rootOf(build(content))));
      }
    }),
  );
});

test("an update leaves the older tree as it was", () => {
  const before = build(
    new Map([
      [1, 1],
      [2, 2],
      [3, 3],
    ]),
  );
  const root = hexOf(rootOf(before));
  updateTree(before, [change(2, null), change(9, 1)]);
  expect(hexOf(rootOf(before))).toBe(root);
});

test("every present key is proved present and every absent key absent, and nothing else", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(200), {maxLength: 40}), fc.nat(200), (keys, probe) => {
      const tree = build(new Map(keys.map((key) => [key, key % 250])));
      const root = rootOf(tree);
      const proof = proveLeaf(tree, path(probe));
      const present = keys.includes(probe);
      expect(verifyLeaf(root, change(probe, present ? probe % 250 : null), proof)).toBe(true);
      expect(verifyLeaf(root, change(probe, present ? null : probe % 250), proof)).toBe(false);
      expect(verifyLeaf(root, change(probe, 251), proof)).toBe(false);
    }),
  );
});

describe("a proof does not verify", () => {
  const tree = build(new Map(Array.from({length: 30}, (_, i) => [i, i])));
  const proof = proveLeaf(tree, path(4));

  test("under another root", () => {
    expect(verifyLeaf(sha3(Uint8Array.of(1)), change(4, 4), proof)).toBe(false);
  });
  test("with a changed sibling", () => {
    const siblings = proof.siblings.map((each, i) => (i === 0 ? sha3(each) : each));
    expect(verifyLeaf(rootOf(tree), change(4, 4), {...proof, siblings})).toBe(false);
  });
  test("when a leaf elsewhere is offered as proof of absence", () => {
    expect(verifyLeaf(rootOf(tree), change(100, null), proof)).toBe(false);
  });
  test("with more siblings than a path has bits", () => {
    const siblings = Array.from({length: 257}, () => EMPTY_ROOT);
    expect(verifyLeaf(rootOf(tree), change(4, 4), {...proof, siblings})).toBe(false);
  });
});

test("a leaf cut elsewhere, which hashes to the same bytes, proves no absence", () => {
  const tree = build(new Map([[1, 1]]));
  const {path: p, valueHash} = change(1, 1);
  const leaf = {path: Uint8Array.of(...p, valueHash![0]!), valueHash: valueHash!.slice(1)};
  expect(verifyLeaf(rootOf(tree), {path: p, valueHash: null}, {siblings: [], leaf})).toBe(false);
});

test("an update hashes its leaves at once and each depth's branches at once, the deepest first", () => {
  const numbers = Array.from({length: 20}, (_, n) => n);
  const bits = numbers.map((n) => [...path(n)].map((byte) => byte.toString(2).padStart(8, "0")).join(""));
  // There is a branch wherever two leaves or more share a prefix.
  const branches = (depth: number): number => {
    const prefixes = bits.map((each) => each.slice(0, depth));
    return new Set(prefixes.filter((each, i) => prefixes.indexOf(each) !== i)).size;
  };
  const expected = numbers.map(branches).filter((count) => count > 0);
  const batches: number[] = [];
  updateTree(
    null,
    numbers.map((n) => change(n, 1)),
    (messages, ends, digests) => {
      batches.push(ends.length);
      hashEach(messages, ends, digests);
    },
  );
  expect(batches).toEqual([20, ...expected.reverse()]);
});

test("whoever hashes the levels, the roots are the same", async () => {
  const {sha3Packed: hashAll} = await openBackend(fastest);
  fc.assert(
    fc.property(operations, (batches) => {
      let [ours, theirs]: TreeNode[] = [null, null];
      for (const batch of batches) {
        const changes = [...new Map(batch).entries()].map(([n, value]) => change(n, value));
        ours = updateTree(ours!, changes);
        theirs = updateTree(theirs!, changes, hashAll);
        expect(hexOf(rootOf(theirs))).toBe(hexOf(rootOf(ours)));
      }
    }),
    {numRuns: 50},
  );
});
