/**
 * A run of payments in a block that somebody else built, executed in columns instead of one by one on the state. What
 * it leaves is what `execute` would have left (docs/decisions/0084-lanes.md).
 */
import type {Receipt} from "../../../codecs/chain/receipt.js";
import type {BlockContext, Contracts} from "../chain/contract.js";
import {NO_EFFECT} from "../chain/contract.js";
import {applied, checkContent, nonceMismatch, receiptOf, rejected} from "../chain/execute.js";
import {checkSignature, isOwnForm, noteKey, type Transaction} from "../chain/transaction.js";
import {feeOf} from "../monetary/fees.js";
import {balanceTooLow} from "../monetary/supply.js";
import type {Rules} from "../params/rules.js";
import type {State} from "../state/state.js";
import {type Payment, paymentsOf} from "../transfer/payments.js";
import {LaneAccounts} from "./accounts.js";
import {type LaneMemory, laneMemory} from "./memory.js";
import {applyRow, OUTCOME, type Rows} from "./rows.js";

/** Rows and accounts of a lane, as they are numbered from 0. */
export interface LaneCount {
  readonly rows: number;
  readonly accounts: number;
}

/** Executes rows, each as if after those before it. */
export type ExecuteRows = (memory: LaneMemory, count: LaneCount) => void;

const executeInOrder: ExecuteRows = (memory, {rows}) => {
  for (let i = 0; i < rows; i++) applyRow(memory.columns, memory.rows, i);
};

/** How a node executes payments. */
export interface LaneOptions {
  /** Fewer payments in a row are executed one by one. */
  readonly least: number;
  readonly execute: ExecuteRows;
}

export const ONE_LANE: LaneOptions = {least: 8, execute: executeInOrder};

/** Whether a chain's payments are what `applyRow` does: failures pay, and no id is remembered. */
export const takesLanes = ({failedFee, envelopes}: Rules): boolean =>
  failedFee === "charged" && envelopes === "v3-only";

/** Payments of a transaction that a lane can execute; null for every other one, and where they cannot be read. */
export function lanePayments({content, authority}: Transaction): readonly Payment[] | null {
  if (!isOwnForm(authority)) return null;
  try {
    return paymentsOf(content);
  } catch {
    return null;
  }
}

interface Ground {
  readonly state: State;
  readonly block: BlockContext;
  readonly contracts: Contracts;
}

/**
 * Executes the first of `transactions`, up to the first that may not be in the block for a reason that is known before it
 * runs: `execute` refuses that one in the same words.
 * @param payments of each of them
 * @returns receipts of those that were executed
 * @throws RuleError NONCE_MISMATCH, BALANCE_TOO_LOW for a fee that cannot be paid; the state is then worth nothing
 */
export function executePayments(
  transactions: readonly Transaction[],
  payments: readonly (readonly Payment[])[],
  {state, block, contracts, lanes}: Ground & {readonly lanes: LaneOptions},
): readonly Receipt[] {
  const paymentCount = payments.reduce((sum, {length}) => sum + length, 0);
  const memory = laneMemory({rows: transactions.length, payments: paymentCount});
  const accounts = new LaneAccounts(state, memory.columns);
  let count = 0;
  for (; count < transactions.length; count++) {
    const transaction = transactions[count]!;
    const feeDust = feeOrNull(transaction, {state, block, contracts});
    if (feeDust === null) break;
    noteKey(state, transaction);
    writeRow(memory.rows, count, {transaction, feeDust, payments: payments[count]!, accounts});
  }
  lanes.execute(memory, {rows: count, accounts: accounts.size});
  const receipts = transactions.slice(0, count).map((transaction, i) => settledRow(transaction, block, memory.rows, i));
  accounts.settle();
  return receipts;
}

/** What a transaction pays, or null where it may not be in the block whatever its sender has. */
function feeOrNull(transaction: Transaction, {state, block, contracts}: Ground): bigint | null {
  try {
    checkContent(transaction, contracts, block);
    const feeDust = feeOf(transaction.content, transaction.gas, block.params.fees);
    checkSignature(state, transaction, block.verifySignature);
    return feeDust;
  } catch {
    return null;
  }
}

interface Read {
  readonly transaction: Transaction;
  readonly feeDust: bigint;
  readonly payments: readonly Payment[];
  readonly accounts: LaneAccounts;
}

function writeRow(rows: Rows, i: number, {transaction: {content}, feeDust, payments, accounts}: Read): void {
  rows.senders[i] = accounts.numberOf(content.sender);
  rows.nonces[i] = content.nonce;
  rows.feesDust[i] = feeDust;
  let p = i === 0 ? 0 : rows.ends[i - 1]!;
  for (const {to, amountDust} of payments) {
    rows.receivers[p] = accounts.numberOf(to);
    rows.amountsDust[p++] = amountDust;
  }
  rows.ends[i] = p;
}

function settledRow(transaction: Transaction, block: BlockContext, rows: Rows, i: number): Receipt {
  const feeDust = rows.feesDust[i]!;
  const became = rows.outcomes[i]!;
  if (became === OUTCOME.applied)
    return receiptOf(transaction, block, applied(NO_EFFECT), {gas: transaction.gas, feeDust});
  const seen = rows.seen[i]!;
  const {sender, nonce} = transaction.content;
  if (became === OUTCOME.wrongNonce) throw nonceMismatch(nonce, seen);
  if (became === OUTCOME.feeUnpaid) throw balanceTooLow(sender, seen, feeDust);
  let totalDust = 0n;
  for (let p = i === 0 ? 0 : rows.ends[i - 1]!; p < rows.ends[i]!; p++) totalDust += rows.amountsDust[p]!;
  const outcome = rejected(balanceTooLow(sender, seen, totalDust), null);
  return receiptOf(transaction, block, outcome, {gas: transaction.gas, feeDust});
}
