import {createHash} from "node:crypto";
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {bytesOfHex, concat, hexOf, utf8} from "../../../../src/codecs/bytes.js";
import {blockIdOf, type Header} from "../../../../src/codecs/chain/block.js";
import {checkBatchStructure, checkWorkSet, type WorkSet} from "../../../../src/codecs/mining/cells.js";
import {workSetRoot} from "../../../../src/codecs/mining/merkle.js";
import {genesisBlock} from "../../../../src/node/ledger/chain/genesis.js";
import {
  anchorHeight,
  batchOf,
  cellLookup,
  chainWorkSet,
  type ReadHeader,
} from "../../../../src/node/ledger/mining/chain-work-set.js";
import {testGenesis} from "../../../support/chain.js";

const sha3 = (...parts: Uint8Array[]): string =>
  createHash("sha3-256")
    .update(concat(...parts))
    .digest("hex");

/** Headers of a chain of `blocks` blocks; `change` bends the one at a height. */
function chainOf(blocks: number, change: (header: Header) => Header = (header) => header): ReadHeader {
  const headers: Header[] = [change(genesisBlock(testGenesis([])).block.header)];
  while (headers.length < blocks) {
    const height = BigInt(headers.length);
    const root = hexOf(new Uint8Array(32).fill(headers.length % 251));
    const roots = {parentStateRoot: root, transactionsRoot: root, transactionCount: 1};
    headers.push(change({...headers[0]!, ...roots, height, parentId: blockIdOf(headers.at(-1)!)}));
  }
  return (height) => headers[Number(height)] ?? null;
}

const heightsOf = (workSet: WorkSet): number[] =>
  workSet.map((batch) => Number(BigInt(`0x${hexOf(batch[0]!.id).slice(0, 16)}`))).sort((a, b) => a - b);

describe("the work set of an epoch", () => {
  test("is genesis alone at first: a batch of the five sections that its header commits to", () => {
    const {block} = genesisBlock(testGenesis([]));
    const [batch, ...rest] = chainWorkSet(0n, 80n, chainOf(1));
    expect(rest).toEqual([]);
    const id = `${"00".repeat(8)}${blockIdOf(block.header)}`;
    expect(batch!.map((cell) => hexOf(cell.id))).toEqual(["00", "01", "02", "03", "04"].map((at) => id + at));
    const roots = [block.header.parentStateRoot, block.header.parentReceiptsRoot, "", "", ""].map(
      (root) => root || "0".repeat(64),
    );
    expect(batch!.map((cell) => hexOf(cell.contentHash))).toEqual(
      roots.map((root, i) => sha3(utf8("qsdm/cell/v1\0"), batch![i]!.id, bytesOfHex(root))),
    );
  });

  test("later is one block of each sixteenth since the last draw, and the same for everybody", () => {
    const read = chainOf(300);
    for (const epoch of [1n, 2n, 3n]) {
      const from = epoch === 1n ? 1 : Number(anchorHeight(epoch - 1n, 80n)) + 1;
      const to = Number(anchorHeight(epoch, 80n));
      const heights = heightsOf(chainWorkSet(epoch, 80n, read));
      expect(heights).toHaveLength(16);
      heights.forEach((height, i) => {
        expect(height).toBeGreaterThanOrEqual(from + Math.floor((i * (to - from + 1)) / 16));
        expect(height).toBeLessThan(from + Math.floor(((i + 1) * (to - from + 1)) / 16));
      });
      expect(workSetRoot(chainWorkSet(epoch, 80n, chainOf(300)))).toEqual(workSetRoot(chainWorkSet(epoch, 80n, read)));
    }
  });

  test("passes every check of a batch, whatever the length of an epoch", () => {
    const read = chainOf(260);
    fc.assert(
      fc.property(fc.bigInt({min: 1n, max: 120n}), fc.bigInt({min: 0n, max: 2n}), (blocksPerEpoch, epoch) => {
        const workSet = chainWorkSet(epoch, blocksPerEpoch, read);
        checkWorkSet(workSet);
        for (const batch of workSet) checkBatchStructure(batch, cellLookup(read));
        expect(new Set(heightsOf(workSet)).size).toBe(workSet.length);
        expect(Math.max(...heightsOf(workSet))).toBeLessThan(Math.max(1, Number(epoch * blocksPerEpoch)));
      }),
    );
  });

  test("is drawn an eighth of an epoch ahead, and not known before", () => {
    expect([0n, 1n, 2n].map((epoch) => anchorHeight(epoch, 80n))).toEqual([0n, 70n, 150n]);
    expect(anchorHeight(5n, 1n)).toBe(4n);
    expect(anchorHeight(1n, 60_480n)).toBe(52_920n);
    expect(() => chainWorkSet(1n, 80n, chainOf(71))).not.toThrow();
    expect(() => chainWorkSet(1n, 80n, chainOf(70))).toThrow(expect.objectContaining({code: "MINING_UNAVAILABLE"}));
  });

  test("is another one when a drawn block is, or the block that draws", () => {
    const read = chainOf(100);
    const workSet = chainWorkSet(1n, 80n, read);
    const [height] = heightsOf(workSet);
    const forged = chainOf(100, (each) => (each.height === BigInt(height!) ? {...each, proofCount: 9} : each));
    expect(heightsOf(chainWorkSet(1n, 80n, forged))).not.toEqual(heightsOf(workSet));
    const swapped: ReadHeader = (at) => (at === BigInt(height!) ? forged(at) : read(at));
    expect(workSetRoot(chainWorkSet(1n, 80n, swapped))).not.toEqual(workSetRoot(workSet));
  });
});

describe("the lookup of a cell", () => {
  const read = chainOf(10);
  const lookup = cellLookup(read);
  const [cell] = batchOf(read(3n)!);

  test("finds what the chain holds", () => expect(lookup(cell!.id)).toEqual(cell!.contentHash));
  test("knows no block of another chain, no block above the tip and no sixth section", () => {
    const changed = (at: number, value: number): Uint8Array => cell!.id.with(at, value);
    for (const id of [
      changed(20, cell!.id[20]! ^ 1),
      changed(7, 99),
      changed(40, 5),
      cell!.id.slice(1),
      new Uint8Array(0),
    ])
      expect(lookup(id)).toBeNull();
  });
});
