/**
 * P14: payments of a lane on one thread and on two, in the same memory. The second thread and the schedule are the bench's
 * own: a node has neither (docs/decisions/0084-lanes.md), and this is what says so.
 */
import {type LaneMemory, laneBytes, laneMemory} from "../../../src/node/ledger/lanes/memory.js";
import {applyRow} from "../../../src/node/ledger/lanes/rows.js";
import {createWorker} from "../../../src/node/worker.js";
import {groupsOf, shareOut} from "../../support/groups.js";
import {best, type Print, ratio} from "../compute/rounds.js";
import {CONTROL, type Helper} from "./helper.js";

const THREADS = 2;
const ROUNDS = 40;
/** What a block holds on the networks, ten thousand, and the most that a genesis allows. */
const SIZES = [2_000, 10_000, 65_535];

/** Payments between pairs of accounts of their own, or all to one. */
function paymentsOf(rowCount: number, {meet}: {meet: boolean}): LaneMemory & {buffer: SharedArrayBuffer} {
  const size = {rows: rowCount, payments: rowCount};
  const buffer = new SharedArrayBuffer(laneBytes(size));
  const memory = laneMemory(size, buffer);
  const {rows} = memory;
  for (let i = 0; i < rowCount; i++) {
    rows.senders[i] = meet ? 1 + i : 2 * i;
    rows.receivers[i] = meet ? 0 : 2 * i + 1;
    rows.ends[i] = i + 1;
    rows.feesDust[i] = 1_000n;
    rows.amountsDust[i] = 1n;
  }
  return {...memory, buffer};
}

export async function benchThreads(print: Print): Promise<void> {
  print("P14 payments over typed arrays: one thread, against two and the schedule that they need");
  for (const rowCount of SIZES) for (const meet of [false, true]) await race(print, rowCount, meet);
}

async function race(print: Print, rowCount: number, meet: boolean): Promise<void> {
  const {columns, rows, buffer} = paymentsOf(rowCount, {meet});
  const control = new Int32Array(new SharedArrayBuffer(4 * CONTROL.size));
  const shares = new Uint8Array(new SharedArrayBuffer(rowCount));
  const helper: Helper = {control, shares, buffer, rows: rowCount};
  const worker = createWorker("../../test/bench/execution/helper", {workerData: helper});
  await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
  const count = {rows: rowCount, accounts: 2 * rowCount};
  let job = 0;
  const start = (): void => {
    columns.balances.fill(1_000_000n);
    columns.nonces.fill(0n);
  };
  const apart = (): void => {
    Atomics.store(control, CONTROL.job, ++job);
    Atomics.notify(control, CONTROL.job);
    for (let i = 0; i < rowCount; i++) if (shares[i] === 0) applyRow(columns, rows, i);
    while (Atomics.load(control, CONTROL.done) !== job) Atomics.wait(control, CONTROL.done, job - 1);
  };
  const took = best(
    {
      fill: start,
      one: () => {
        start();
        for (let i = 0; i < rowCount; i++) applyRow(columns, rows, i);
      },
      groups: () => groupsOf(rows, count),
      dealt: () => {
        start();
        shares.set(shareOut(rows, count, THREADS).threads);
        apart();
      },
      free: () => {
        start();
        apart();
      },
    },
    ROUNDS,
  );
  await worker.terminate();
  const [one, two, free] = [took.one - took.fill, took.dealt - took.fill, took.free - took.fill];
  const each = (ms: number): string => `${((ms * 1e6) / rowCount).toFixed(0)} ns`;
  const what = meet ? "all to one account" : "apart";
  print(
    `  ${rowCount} ${what}: one thread ${each(one)} each, grouping alone ${each(took.groups)}, two threads with it ` +
      `${each(two)}: ${ratio(one, two)} (goal ${meet ? "0.9x" : "1.7x"}); were the groups known, ${ratio(one, free)}`,
  );
}
