import {expect, test} from "vitest";
import {BodyCheck} from "../../src/node/body-check.js";
import {nonceMismatch} from "../../src/node/ledger/chain/execute.js";
import type {RunResult} from "../../src/node/ledger/chain/run.js";
import {type ExecuteRows, type LaneOptions, ONE_LANE} from "../../src/node/ledger/lanes/lane.js";
import {applyRow, OUTCOME} from "../../src/node/ledger/lanes/rows.js";
import {accountAt} from "../../src/node/ledger/monetary/supply.js";
import {addressAt, beginBlock, groundOf, transferOf} from "../support/transfers.js";

const PAYMENTS = 20;
const ground = groundOf(3);
const body = {proofs: [], transactions: Array.from({length: PAYMENTS}, (_, i) => transferOf(1, 2, BigInt(i)))};

function checkOf(which: "off" | "sampled" | "always", execute: ExecuteRows = ONE_LANE.execute) {
  const logged: object[] = [];
  let runs = 0;
  const lanes: LaneOptions = {
    ...ONE_LANE,
    execute(...of) {
      runs++;
      execute(...of);
    },
  };
  const check = new BodyCheck(which, {error: (what) => void logged.push(what as object)}, lanes);
  const run = (): RunResult => check.run(() => beginBlock(ground), body);
  return {check, run, logged, runs: () => runs};
}

const paid = ({state}: RunResult): bigint => accountAt(state, addressAt(2)).balanceDust;
const right = 1_000_000_000n + BigInt(PAYMENTS);

test("what comes to the same is counted as checked, and lanes go on", () => {
  const {check, run, logged, runs} = checkOf("always");
  expect([paid(run()), paid(run())]).toEqual([right, right]);
  expect([check.checked, check.mismatches, runs(), logged]).toEqual([2, 0, 2, []]);
});

test("one block of 64 is a sample, the first of them first, and none where the operator wants none", () => {
  const sampled = checkOf("sampled");
  for (let block = 0; block < 65; block++) sampled.run();
  expect([sampled.check.checked, sampled.runs()]).toEqual([2, 65]);
  const off = checkOf("off");
  off.run();
  expect([off.check.checked, off.runs()]).toEqual([0, 1]);
});

/** Faults that a lane could have, and what they are seen by. */
const faults: Readonly<Record<string, ExecuteRows>> = {
  // Money moves from one account to another: the sum stays right.
  state({columns, rows}, count) {
    for (let i = 0; i < count.rows; i++) applyRow(columns, rows, i);
    columns.balances[0]! -= 1n;
    columns.balances[1]! += 1n;
  },
  receipts({columns, rows}, count) {
    for (let i = 0; i < count.rows; i++) applyRow(columns, rows, i);
    rows.outcomes[3] = OUTCOME.rejected;
  },
  validity({columns, rows}, count) {
    for (let i = count.rows - 1; i >= 0; i--) applyRow(columns, rows, i);
  },
};

for (const [different, execute] of Object.entries(faults))
  test(`a lane that differs in ${different} is told of and used no more, and one by one counts`, () => {
    const {check, run, logged, runs} = checkOf("always", execute);
    expect(paid(run())).toBe(right);
    expect(logged).toEqual([expect.objectContaining({different})]);
    expect(paid(run())).toBe(right);
    expect([check.checked, check.mismatches, runs()]).toEqual([1, 1, 1]);
  });

test("a body that is invalid one by one is so after a check, in the same words", () => {
  const {check} = checkOf("always");
  const twice = {proofs: [], transactions: [...body.transactions, body.transactions[0]!]};
  expect(() => check.run(() => beginBlock(ground), twice)).toThrow(nonceMismatch(0n, BigInt(PAYMENTS)));
  expect([check.checked, check.mismatches]).toEqual([1, 0]);
});
