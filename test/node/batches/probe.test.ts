import {describe, expect, test} from "vitest";
import {utf8} from "../../../src/codecs/bytes.js";
import {refOf} from "../../../src/codecs/dag/batch.js";
import {kept} from "../../../src/codecs/dag/kept.js";
import {BatchDesk} from "../../../src/node/batches/desk.js";
import {bodyOf} from "../../../src/node/mempool/dag/view.js";
import {batchBy, keyOf, rulesOf, toySign} from "../../support/dag.js";

const batch = batchBy(1, ["a"]);
const ref = refOf(batch.signed.header);
const acked = kept.encode({type: "acked", epoch: 0n, ref});

/** The desk of validator 0 of four on a disk with `rows`, and what it logs as an error. */
async function deskOn(rows: readonly Uint8Array[]) {
  const errors: string[] = [];
  const silent = () => {};
  const desk = new BatchDesk({
    rules: () => rulesOf(0, [1n, 1n, 1n, 1n]),
    store: {keptBatches: () => [...rows], takenBatches: () => [], keepBatches: silent},
    network: null,
    sign: (message) => toySign(keyOf(0), message),
    clock: {nowMs: () => 0, after: () => silent},
    paceMs: 5,
    joinMs: 100,
    log: {debug: silent, info: silent, warn: silent, error: (_, text) => errors.push(text)},
    offered: () => ({transactions: [], proofs: []}),
    came: silent,
    available: silent,
    oversized: silent,
    failed(error) {
      throw error;
    },
  });
  await desk.start(new AbortController().signal);
  return {desk, errors};
}

describe("what a validator promised to hold", () => {
  test("is there after a restart, and nothing is said", async () => {
    const {desk, errors} = await deskOn([kept.encode({type: "batch", batch}), acked]);
    expect(bodyOf(desk.state, ref)).not.toBeNull();
    desk.probe([ref]);
    expect([desk.figures.faults, desk.figures.missing, errors]).toEqual([0, 0, []]);
  });

  const altered = kept.encode({type: "batch", batch: {...batch, transactions: [utf8("b")]}});
  test.each([
    ["altered", [altered, acked]],
    ["gone", [acked]],
  ])("is %s on its disk: that is counted, told and asked for", async (_, rows) => {
    const {desk, errors} = await deskOn(rows);
    expect(bodyOf(desk.state, ref)).toBeNull();
    expect(desk.figures).toMatchObject({faults: 1, missing: 1});
    expect(errors).toEqual(["a batch that this node promised to hold is altered on its disk, or gone"]);
  });
});

// Leaves of large items are remembered, and transactions are large.
test.each([1, 2_000])("a batch of %s bytes that changed before a block took it is counted and told", async (bytes) => {
  const sized = batchBy(1, ["a".repeat(bytes)]);
  const named = refOf(sized.signed.header);
  const {desk, errors} = await deskOn([kept.encode({type: "batch", batch: sized})]);
  desk.probe([named]);
  expect(errors).toEqual([]);
  bodyOf(desk.state, named)!.batch.transactions[0]![0]! ^= 1;
  desk.probe([named]);
  expect([desk.figures.faults, errors]).toEqual([1, ["a batch that a block took was altered in memory"]]);
});
