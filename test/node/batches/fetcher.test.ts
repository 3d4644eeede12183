import {expect, test} from "vitest";
import type {BatchRef} from "../../../src/codecs/dag/batch.js";
import {Fetcher} from "../../../src/node/batches/fetcher.js";

const refOf = (i: number): BatchRef => ({round: BigInt(i + 1), creator: 0, batchId: i.toString(16).padStart(64, "0")});
const PEER = "a".repeat(64);

/** A fetcher whose peers answer when they are told to. */
function fetching() {
  const asked: {peer: string; round: bigint; answer(): Promise<void>}[] = [];
  const found = new Set<string>();
  const failures: unknown[] = [];
  const fetcher = new Fetcher({
    isWanted: ({batchId}) => !found.has(batchId),
    ask: (peer, {round, batchId}) =>
      new Promise((resolve) => {
        const answer = async (): Promise<void> => {
          found.add(batchId);
          resolve();
          await new Promise((next) => setImmediate(next));
        };
        asked.push({peer, round, answer});
      }),
    failed: (error) => failures.push(error),
  });
  return {fetcher, asked, found, failures};
}

test("a peer is asked for eight batches at a time, and for each of them once", async () => {
  const {fetcher, asked, failures} = fetching();
  for (let i = 0; i < 40; i++) fetcher.fetch(PEER, refOf(i));
  for (let i = 0; i < 40; i++) fetcher.fetch(PEER, refOf(i));
  expect(asked).toHaveLength(8);
  for (let answered = 0; answered < 40; answered++) {
    await asked[answered]!.answer();
    expect(asked).toHaveLength(Math.min(40, answered + 9));
  }
  expect(asked.map(({round}) => round)).toEqual(Array.from({length: 40}, (_, i) => BigInt(i + 1)));
  expect(failures).toEqual([]);
});

test("a peer that does not answer holds up no other, and what came meanwhile is not asked for", async () => {
  const {fetcher, asked, found} = fetching();
  const other = "b".repeat(64);
  for (let i = 0; i < 9; i++) fetcher.fetch(PEER, refOf(i));
  fetcher.fetch(other, refOf(8));
  expect(asked.filter(({peer}) => peer === other).map(({round}) => round)).toEqual([9n]);
  found.add(refOf(8).batchId);
  await asked[0]!.answer();
  expect(asked.filter(({peer}) => peer === PEER)).toHaveLength(8);
});
