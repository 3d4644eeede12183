import {setImmediate as nextTurn} from "node:timers/promises";
import {expect, test} from "vitest";
import {hexOf} from "../../../src/codecs/bytes.js";
import {kept} from "../../../src/codecs/dag/kept.js";
import {type DagMessage, dagMessage} from "../../../src/codecs/dag/message.js";
import {sha3} from "../../../src/codecs/hash.js";
import {BatchDesk} from "../../../src/node/batches/desk.js";
import type {Network} from "../../../src/node/network/port.js";
import type {KeptBatch} from "../../../src/node/storage/store.js";
import {batchBy, keyOf, rulesOf, toySign, waiting} from "../../support/dag.js";

/** The desk of validator 0 of four, whose clock stands until it is moved. */
function desk() {
  const sent: DagMessage["type"][] = [];
  const rows: KeptBatch[] = [];
  const failures: unknown[] = [];
  const disk = {isFull: false};
  const timers: {readonly dueMs: number; readonly job: () => void}[] = [];
  const clock = {nowMs: 0};
  const pool = {waits: [] as ReturnType<typeof waiting>[], looks: 0};
  const network = {
    subscribe: () => {},
    serve: () => {},
    peers: () => [{id: hexOf(sha3(keyOf(1)))}],
    send: (_to: string, _channel: string, bytes: Uint8Array) => void sent.push(dagMessage.decode(bytes).type),
  };
  const made = new BatchDesk({
    rules: () => rulesOf(0, [1n, 1n, 1n, 1n]),
    store: {
      keptBatches: () => [],
      takenBatches: () => [],
      keepBatches(more) {
        if (disk.isFull) throw new Error("no space is left");
        rows.push(...more);
      },
    },
    network: network as unknown as Network,
    sign: (message) => toySign(keyOf(0), message),
    clock: {
      nowMs: () => clock.nowMs,
      after(ms, job) {
        const timer = {dueMs: clock.nowMs + ms, job};
        timers.push(timer);
        return () => void timers.splice(timers.indexOf(timer), 1);
      },
    },
    paceMs: 30,
    joinMs: 100,
    log: {debug: () => {}, info: () => {}, warn: () => {}, error: () => {}},
    offered() {
      pool.looks++;
      return {transactions: pool.waits, proofs: []};
    },
    came: () => {},
    available: () => {},
    oversized: () => {},
    failed: (error) => failures.push(error),
  });
  const ring = async (): Promise<void> => {
    await nextTurn();
    for (const timer of timers.filter(({dueMs}) => dueMs <= clock.nowMs)) {
      timers.splice(timers.indexOf(timer), 1);
      timer.job();
    }
    await nextTurn();
  };
  return {desk: made, sent, rows, disk, failures, clock, pool, ring};
}

test("what could not be written is said by nobody, whoever tried to write it", async () => {
  const {desk: made, sent, rows, disk, failures} = desk();
  made.give({type: "batch", batch: batchBy(1, ["a"])});
  disk.isFull = true;
  // As the engine does before a vote.
  expect(() => made.persist()).toThrow("no space is left");
  await nextTurn();
  expect(failures).toHaveLength(1);
  await made.stop();
  expect({sent, rows}).toEqual({sent: [], rows: []});
});

test("what was written for a vote is acknowledged in its turn", async () => {
  const {desk: made, sent, rows, failures} = desk();
  made.give({type: "batch", batch: batchBy(1, ["a"])});
  made.persist();
  expect({sent, rows: rows.map(({value}) => kept.decode(value).type)}).toEqual({sent: [], rows: ["batch", "acked"]});
  await nextTurn();
  expect({sent, failures, rows: rows.length}).toEqual({sent: ["ack"], failures: [], rows: 2});
});

test("what others send has the pool looked through no more often than a batch may be made", async () => {
  const {desk: made, pool, clock, ring, failures} = desk();
  made.give({type: "batch", batch: batchBy(1, ["a"])});
  for (let i = 0; i < 20; i++) {
    made.give({type: "tick", nowMs: 0n});
    await ring();
  }
  expect(pool.looks).toBe(1);
  clock.nowMs += 30;
  await ring();
  expect(pool.looks).toBe(2);
  expect(failures).toEqual([]);
});

test("a write is packed at once, though the desk has just found nothing", async () => {
  const {desk: made, pool, clock, ring, sent, failures} = desk();
  made.give({type: "batch", batch: batchBy(1, ["a"])});
  await ring();
  await ring();
  made.give({type: "tick", nowMs: 0n});
  await ring();
  sent.length = 0;
  pool.waits = [waiting("b")];
  made.wake();
  await ring();
  expect({sent, failures}).toEqual({sent: ["batch"], failures: []});
  // The next one waits for its turn.
  made.wake();
  await ring();
  const {looks} = pool;
  clock.nowMs += 29;
  await ring();
  expect(pool.looks).toBe(looks);
  clock.nowMs += 1;
  await ring();
  expect(pool.looks).toBe(looks + 1);
});

test("a round that others opened is joined with an empty batch, a little later", async () => {
  const {desk: made, clock, ring, sent, failures} = desk();
  made.give({type: "batch", batch: batchBy(1, ["a"])});
  await ring();
  await ring();
  clock.nowMs += 99;
  await ring();
  expect(sent).toEqual(["ack"]);
  clock.nowMs += 1;
  await ring();
  expect({sent, failures}).toEqual({sent: ["ack", "batch"], failures: []});
});
