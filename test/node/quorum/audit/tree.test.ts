/** Expected values: the test data of the reference implementation of RFC 6962 (certificate-transparency). */
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {bytesOfHex, hexOf} from "../../../../src/codecs/bytes.js";
import {
  appendLeaf,
  consistencyProof,
  EMPTY_LOG_ROOT,
  type Frontier,
  frontierRoot,
  inclusionProof,
  leafHash,
  rootOf,
  type Subtrees,
  verifyConsistency,
  verifyInclusion,
} from "../../../../src/node/quorum/audit/tree.js";

const ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
const D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const F = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
const INCLUSION: readonly [index: number, size: number, proof: readonly string[]][] = [
  [0, 1, []],
  [0, 8, [A, B, C]],
  [5, 8, [D, E, ROOTS[4]!]],
  [2, 3, [ROOTS[2]!]],
  [1, 5, [ROOTS[1]!, B, D]],
];
const CONSISTENCY: readonly [first: number, size: number, proof: readonly string[]][] = [
  [1, 1, []],
  [1, 8, [A, B, C]],
  [6, 8, [F, E, ROOTS[4]!]],
  [2, 5, [B, D]],
];

class Log implements Subtrees {
  readonly #roots = new Map<string, Uint8Array>();
  frontier: Frontier = [];
  size = 0;

  static of(leaves: readonly Uint8Array[]): Log {
    const log = new Log();
    for (const leaf of leaves) log.append(leaf);
    return log;
  }

  append(leaf: Uint8Array): void {
    const {frontier, completed} = appendLeaf(this.frontier, this.size++, leaf);
    this.frontier = frontier;
    for (const {level, index, root} of completed) this.#roots.set(`${level} ${index}`, root);
  }

  subtree(level: number, index: number): Uint8Array {
    return this.#roots.get(`${level} ${index}`)!;
  }

  head(size = this.size) {
    return {size, root: rootOf(this, size)};
  }
}

const leaves = ENTRIES.map((each) => leafHash(bytesOfHex(each)));
const log = Log.of(leaves);
const bytesOf = (proof: readonly string[]): Uint8Array[] => proof.map((each) => bytesOfHex(each));

describe("the tree of RFC 6962", () => {
  test("has the roots of the reference, whole and by its frontier", () => {
    expect(ROOTS.map((_, size) => hexOf(rootOf(log, size)))).toEqual(ROOTS);
    expect(ROOTS.map((_, size) => hexOf(frontierRoot(Log.of(leaves.slice(0, size)).frontier)))).toEqual(ROOTS);
    expect(hexOf(EMPTY_LOG_ROOT)).toBe(ROOTS[0]);
  });

  test.each(INCLUSION)("entry %i of %i has the reference's proof", (index, size, proof) => {
    expect(inclusionProof(log, index, size).map(hexOf)).toEqual(proof);
    expect(verifyInclusion({leaf: leaves[index]!, index}, log.head(size), bytesOf(proof))).toBe(true);
  });

  test.each(CONSISTENCY)("%i entries and %i have the reference's proof", (first, size, proof) => {
    expect(consistencyProof(log, first, size).map(hexOf)).toEqual(proof);
    expect(verifyConsistency(log.head(first), log.head(size), bytesOf(proof))).toBe(true);
  });
});

const SIZE = 70;
const large = Log.of(Array.from({length: SIZE}, (_, i) => leafHash(Uint8Array.of(i))));
const size = fc.integer({min: 1, max: SIZE});

describe("proofs", () => {
  test("hold for every entry and every size, and for no other entry, size, root or digest", () => {
    fc.assert(
      fc.property(size, fc.nat(), fc.nat(), (size, at, other) => {
        const index = at % size;
        const head = large.head(size);
        const proof = inclusionProof(large, index, size);
        const leaf = leafHash(Uint8Array.of(index));
        expect(verifyInclusion({leaf, index}, head, proof)).toBe(true);
        const wrong = other % SIZE;
        if (wrong !== index) {
          expect(verifyInclusion({leaf, index: wrong}, head, proof)).toBe(false);
          expect(verifyInclusion({leaf: leafHash(Uint8Array.of(wrong)), index}, head, proof)).toBe(false);
        }
        expect(verifyInclusion({leaf, index}, {size, root: leaf.toReversed()}, proof)).toBe(false);
        expect(verifyInclusion({leaf, index}, head, [...proof, leaf])).toBe(false);
        if (proof.length > 0) expect(verifyInclusion({leaf, index}, head, proof.slice(1))).toBe(false);
      }),
    );
  });

  test("of a longer log hold for every two sizes, and not where the shorter was another", () => {
    fc.assert(
      fc.property(size, size, fc.nat(), (a, b, at) => {
        const [first, second] = [large.head(Math.min(a, b)), large.head(Math.max(a, b))];
        const proof = consistencyProof(large, first.size, second.size);
        expect(verifyConsistency(first, second, proof)).toBe(true);
        const rewritten = Log.of(
          Array.from({length: first.size}, (_, i) => leafHash(Uint8Array.of(i === at % first.size ? 255 : i))),
        );
        expect(verifyConsistency(rewritten.head(), second, proof)).toBe(false);
        expect(verifyConsistency(first, second, [...proof, first.root])).toBe(false);
        if (first.size < second.size) {
          expect(verifyConsistency(second, first, proof)).toBe(false);
          expect(verifyConsistency(first, second, proof.slice(1))).toBe(false);
        }
      }),
    );
    expect(verifyConsistency({size: 0, root: EMPTY_LOG_ROOT}, large.head(), [])).toBe(true);
    expect(verifyConsistency({size: 0, root: large.head().root}, large.head(), [])).toBe(false);
  });
});
