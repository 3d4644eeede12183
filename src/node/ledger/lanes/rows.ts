/** Payments as numbers, and what becomes of them. */
import type {Columns} from "./accounts.js";

export const OUTCOME = {
  applied: 0,
  /** The fee is paid, the payments are not made: `seen` is the balance after the fee. */
  rejected: 1,
  /** The block is none: `seen` is the nonce of the account. */
  wrongNonce: 2,
  /** The block is none: `seen` is the balance. */
  feeUnpaid: 3,
} as const;

/** One row for each transaction; the payments of row i are those from `ends[i - 1]` to before `ends[i]`. */
export interface Rows {
  readonly senders: Uint32Array;
  readonly nonces: BigUint64Array;
  readonly feesDust: BigUint64Array;
  readonly ends: Uint32Array;
  /** By payment. */
  readonly receivers: Uint32Array;
  readonly amountsDust: BigUint64Array;
  /** One of `OUTCOME`. */
  readonly outcomes: Uint8Array;
  readonly seen: BigUint64Array;
}

/** Executes row `i`: what `execute` does with a transfer or a batch of them, on a chain that charges for failures. */
export function applyRow({balances, nonces}: Columns, rows: Rows, i: number): void {
  const sender = rows.senders[i]!;
  if (nonces[sender] !== rows.nonces[i]) return note(rows, i, OUTCOME.wrongNonce, nonces[sender]!);
  const balance = balances[sender]!;
  const feeDust = rows.feesDust[i]!;
  if (balance < feeDust) return note(rows, i, OUTCOME.feeUnpaid, balance);
  const left = balance - feeDust;
  balances[sender] = left;
  nonces[sender]! += 1n;
  const start = i === 0 ? 0 : rows.ends[i - 1]!;
  const end = rows.ends[i]!;
  let totalDust = 0n;
  for (let p = start; p < end; p++) totalDust += rows.amountsDust[p]!;
  if (left < totalDust) return note(rows, i, OUTCOME.rejected, left);
  balances[sender] = left - totalDust;
  for (let p = start; p < end; p++) balances[rows.receivers[p]!]! += rows.amountsDust[p]!;
  rows.outcomes[i] = OUTCOME.applied;
}

function note(rows: Rows, i: number, outcome: number, seen: bigint): void {
  rows.outcomes[i] = outcome;
  rows.seen[i] = seen;
}
