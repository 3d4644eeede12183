/** The second thread of P14. */
import {parentPort, workerData} from "node:worker_threads";
import {laneMemory} from "../../../src/node/ledger/lanes/memory.js";
import {applyRow} from "../../../src/node/ledger/lanes/rows.js";

/** Places in the words that the threads wake each other by. */
export const CONTROL = {job: 0, done: 1, size: 2} as const;

export interface Helper {
  readonly control: Int32Array;
  readonly shares: Uint8Array;
  readonly buffer: SharedArrayBuffer;
  readonly rows: number;
}

if (parentPort) {
  const {control, shares, buffer, rows: rowCount} = workerData as Helper;
  const {columns, rows} = laneMemory({rows: rowCount, payments: rowCount}, buffer);
  parentPort.postMessage("ready");
  for (let job = 0; ; ) {
    Atomics.wait(control, CONTROL.job, job);
    job = Atomics.load(control, CONTROL.job);
    for (let i = 0; i < rowCount; i++) if (shares[i] === 1) applyRow(columns, rows, i);
    Atomics.store(control, CONTROL.done, job);
    Atomics.notify(control, CONTROL.done);
  }
}
