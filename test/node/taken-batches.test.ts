import {describe, expect, test} from "vitest";
import type {Block} from "../../src/codecs/chain/block.js";
import type {BatchRef} from "../../src/codecs/dag/batch.js";
import {genesisBlock} from "../../src/node/ledger/chain/genesis.js";
import {checkBatches, TakenBatches} from "../../src/node/taken-batches.js";
import {testGenesis} from "../support/chain.js";

const {block: zero} = genesisBlock(testGenesis([]));
const ref = (round: bigint, creator = 0): BatchRef => ({round, creator, batchId: `${creator}`.repeat(64).slice(0, 64)});
const blockOf = (batches: readonly BatchRef[], {epoch = 0n, transactions = [] as Uint8Array[]} = {}): Block => ({
  ...zero,
  header: {...zero.header, epoch},
  transactions,
  batches,
});
const codeOf = (block: Block, taken: TakenBatches, branch: readonly Block[] = []): string => {
  try {
    checkBatches(
      block,
      taken.on(
        branch.map((each) => ({block: each})),
        block.header.epoch,
      ),
    );
    return "fine";
  } catch (error) {
    return (error as {code: string}).code;
  }
};
const taking = (...blocks: readonly Block[]): TakenBatches => {
  const taken = new TakenBatches([]);
  for (const each of blocks) taken.add(each);
  return taken;
};

describe("a block's batches", () => {
  test("are none where it holds nothing, and some where it holds something", () => {
    expect(codeOf(blockOf([]), taking())).toBe("fine");
    expect(codeOf(blockOf([], {transactions: [Uint8Array.of(1)]}), taking())).toBe("BATCHES_INVALID");
    expect(codeOf(blockOf([ref(1n)], {transactions: [Uint8Array.of(1)]}), taking())).toBe("fine");
  });

  test("are in their one order, each once", () => {
    expect(codeOf(blockOf([ref(1n), ref(1n, 1), ref(2n)]), taking())).toBe("fine");
    for (const wrong of [
      [ref(2n), ref(1n)],
      [ref(1n, 1), ref(1n)],
      [ref(1n), ref(1n)],
    ])
      expect(codeOf(blockOf(wrong), taking())).toBe("BATCHES_INVALID");
  });

  test("are none that a final block took, nor one of the branch, nor another of that place", () => {
    const first = blockOf([ref(1n), ref(1n, 1)]);
    expect(codeOf(blockOf([ref(1n, 1)]), taking(first))).toBe("BATCHES_INVALID");
    expect(codeOf(blockOf([ref(1n, 1)]), taking(), [first])).toBe("BATCHES_INVALID");
    expect(codeOf(blockOf([{...ref(1n, 1), batchId: "ff".repeat(32)}]), taking(first))).toBe("BATCHES_INVALID");
    expect(codeOf(blockOf([ref(1n, 2)]), taking(first))).toBe("fine");
    // On another branch nobody took it.
    expect(codeOf(blockOf([ref(1n, 1)]), taking(), [])).toBe("fine");
  });

  test("are at most fifty rounds below the newest that was taken", () => {
    const far = blockOf([ref(60n)]);
    expect(codeOf(blockOf([ref(10n)]), taking(far))).toBe("fine");
    expect(codeOf(blockOf([ref(9n)]), taking(far))).toBe("BATCHES_INVALID");
    expect(codeOf(blockOf([ref(9n)]), taking(), [far])).toBe("BATCHES_INVALID");
  });

  test("are counted anew in each epoch", () => {
    const taken = taking(blockOf([ref(60n)]));
    expect(codeOf(blockOf([ref(1n)], {epoch: 1n}), taken)).toBe("fine");
    taken.add(blockOf([ref(1n)], {epoch: 1n}));
    expect(codeOf(blockOf([ref(1n)], {epoch: 1n}), taken)).toBe("BATCHES_INVALID");
    expect(taken.newestRound).toBe(1n);
  });

  test("are known again from what the disk tells", () => {
    const taken = new TakenBatches([
      {epoch: 0n, ...ref(1n)},
      {epoch: 0n, ...ref(3n, 2)},
    ]);
    expect(codeOf(blockOf([ref(3n, 2)]), taken)).toBe("BATCHES_INVALID");
    expect(codeOf(blockOf([ref(2n, 2)]), taken)).toBe("fine");
  });
});
