/**
 * `vm-execution.json` and `conflict-schedule.json`: blocks of QBIND's payments, executed by this ledger's own rules under
 * the setting in which failures are free, one after the other and group by group.
 */
import {RuleError} from "../../../src/errors.js";
import type {BlockContext, Contract} from "../../../src/node/ledger/chain/contract.js";
import {NO_EFFECT} from "../../../src/node/ledger/chain/contract.js";
import {execute} from "../../../src/node/ledger/chain/execute.js";
import type {Transaction} from "../../../src/node/ledger/chain/transaction.js";
import {laneMemory} from "../../../src/node/ledger/lanes/memory.js";
import {splitFee} from "../../../src/node/ledger/monetary/fees.js";
import {accountAt, credit, debit} from "../../../src/node/ledger/monetary/supply.js";
import {chainParamsOf} from "../../../src/node/ledger/params/networks.js";
import {COMPAT_RULES} from "../../../src/node/ledger/params/rules.js";
import {State} from "../../../src/node/ledger/state/state.js";
import {accounts} from "../../../src/node/ledger/state/stores.js";
import {testGenesis} from "../../support/chain.js";
import {groupsOf} from "../../support/groups.js";
import type {Adapters, Input, Output} from "../case.js";
import {gasOfPayment, paymentIn} from "./qbind-payment.js";

const U128_END = 1n << 128n;
/** What a payment that cannot be read takes of a block's room. */
const LEAST_GAS = 21_000n;

const CONTRACT: Contract = {
  id: "qbind/vm0",
  check: () => undefined,
  adds: () => 0,
  apply({state, content}) {
    const {recipient, amount} = paymentIn(content.payload)!;
    debit(state, content.sender, amount);
    if (accountAt(state, recipient).balanceDust + amount >= U128_END)
      throw new RuleError("OVERFLOW", "the recipient would have more than 128 bits hold");
    credit(state, recipient, amount);
    return NO_EFFECT;
  },
  rejected: () => null,
};
const contracts = new Map([[CONTRACT.id, CONTRACT]]);

const params = chainParamsOf(testGenesis([]));
const block: BlockContext = {
  params: {...params, rules: COMPAT_RULES, fees: {...params.fees, baseFeeDust: 0n, floorDust: 0n}},
  height: 1n,
  timeMs: 0n,
  verifySignature: () => true,
  verifyVote: () => true,
  ancestor: () => null,
};

interface Sent {
  readonly sender: string;
  readonly nonce: bigint;
  readonly payload: Uint8Array;
}
const sentOf = (input: Input): readonly Sent[] =>
  input.objects("txs").map((each) => ({
    sender: each.text("sender"),
    nonce: each.big("nonce"),
    payload: each.bytes("payload"),
  }));

function stateOf(input: Input): State {
  const state = new State().fork();
  for (const each of input.objects("accounts"))
    state.put(accounts, each.text("account"), {balanceDust: each.big("balance"), nonce: each.big("nonce")});
  return state;
}

const shownAccounts = (state: State): Output =>
  [...state.keys(accounts)].map((account) => {
    const {balanceDust, nonce} = accountAt(state, account);
    return {account, balance: balanceDust.toString(), nonce: Number(nonce)};
  });

interface Result {
  readonly error: string | null;
  readonly gas: bigint;
  readonly fee: bigint;
}

function transactionOf({sender, nonce, payload}: Sent, place: number, fee: bigint): Transaction {
  const bid = {maxFeeDust: fee, tipDust: fee};
  const about = {chainId: params.chainId, expiresAtHeight: 1n, contract: CONTRACT.id};
  const content = {...about, ...bid, sender, nonce, payload};
  return {
    txId: place.toString(16).padStart(64, "0"),
    clientId: null,
    content,
    authority: {form: "unsigned"},
    bytes: payload,
    gas: 0n,
  };
}

/** One payment, in the reference's order of checks. */
function executed(state: State, sent: Sent, place: number, withGas: boolean): Result {
  const {sender, payload} = sent;
  const payment = paymentIn(payload);
  const failed = (error: string, gas = 0n): Result => ({error, gas, fee: 0n});
  if (payment === null || (payment.isPriced && !withGas)) return failed("MalformedPayload");
  const {recipient, amount, gasLimit, maxFeePerGas} = payment;
  const gas = withGas ? gasOfPayment(payload, sender, recipient) : 0n;
  if (withGas && gas > gasLimit) return failed("GasLimitExceeded");
  const fee = gas * maxFeePerGas;
  if (amount + fee >= U128_END) return failed("ArithmeticOverflow", gas);
  try {
    const {receipt} = execute(state, transactionOf(sent, place, fee), {contracts, block, gas: 0n});
    if (receipt.outcome === "applied") return {error: null, gas, fee: receipt.feeDust};
    return failed(receipt.code === "OVERFLOW" ? "ArithmeticOverflow" : poor(withGas), gas);
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    return failed(error.code === "NONCE_MISMATCH" ? "NonceMismatch" : poor(withGas), gas);
  }
}

const poor = (withGas: boolean): string => (withGas ? "InsufficientBalanceForFee" : "InsufficientBalance");

function vmExecution(input: Input): Output {
  const state = stateOf(input);
  const withGas = input.flag("gasEnabled");
  const burnBps = input.text("feePolicy") === "mainnet" ? 5_000 : 10_000;
  const limit = input.big("blockGasLimit");
  const results: Result[] = [];
  let used = 0n;
  for (const [place, sent] of sentOf(input).entries()) {
    const payment = paymentIn(sent.payload);
    const room = payment ? gasOfPayment(sent.payload, sent.sender, payment.recipient) : LEAST_GAS;
    if (withGas && used + room > limit) break;
    const result = executed(state, sent, place, withGas);
    if (result.error === null) used += room;
    if (input.has("proposer")) credit(state, input.text("proposer"), splitFee(result.fee, burnBps).proposerDust);
    results.push(result);
  }
  const splits = results.map(({fee}) => splitFee(fee, burnBps));
  const sum = (values: readonly bigint[]): bigint => values.reduce((all, each) => all + each, 0n);
  return {
    accounts: shownAccounts(state),
    results: results.map(({error, gas, fee}, i) => ({
      error,
      success: error === null,
      gasUsed: Number(gas),
      feePaid: fee.toString(),
      feeBurned: splits[i]!.burnedDust.toString(),
      feeToProposer: splits[i]!.proposerDust.toString(),
    })),
    totalFeesBurned: sum(splits.map(({burnedDust}) => burnedDust)).toString(),
    totalFeesToProposer: sum(splits.map(({proposerDust}) => proposerDust)).toString(),
    totalGasUsedAllResults: Number(sum(results.map(({gas}) => gas))),
    txsExecuted: results.length,
    txsSucceeded: results.filter(({error}) => error === null).length,
  };
}

/** Accounts that each payment touches: none for what cannot be read. */
const touchedBy = (sent: readonly Sent[]): readonly (readonly string[])[] =>
  sent.map(({sender, payload}) => {
    const payment = paymentIn(payload);
    return payment === null || payment.isPriced ? [] : [sender, payment.recipient];
  });

/** Places of `sent` in the order of their groups, the group that begins last first: no group may need another. */
function byGroups(touched: readonly (readonly string[])[]): readonly number[] {
  const numbers = new Map([...new Set(touched.flat())].map((account, number) => [account, number]));
  const paying = touched.flatMap(({length}, place) => (length > 0 ? [place] : []));
  const {rows} = laneMemory({rows: paying.length, payments: paying.length});
  for (const [i, place] of paying.entries()) {
    [rows.senders[i], rows.receivers[i]] = touched[place]!.map((account) => numbers.get(account)!) as [number, number];
    rows.ends[i] = i + 1;
  }
  const groups = groupsOf(rows, {rows: paying.length, accounts: numbers.size});
  const groupOf = (place: number): number =>
    touched[place]![0] === undefined ? -1 : groups[numbers.get(touched[place]![0])!]!;
  return touched.map((_, place) => place).sort((a, b) => groupOf(b) - groupOf(a) || a - b);
}

function conflictSchedule(input: Input): Output {
  const sent = sentOf(input);
  const touched = touchedBy(sent);
  const dependencies = touched.map((mine, i) =>
    touched.slice(0, i).flatMap((theirs, j) => (mine.some((each) => theirs.includes(each)) ? [j] : [])),
  );
  const levelOf: number[] = [];
  for (const before of dependencies) levelOf.push(1 + Math.max(-1, ...before.map((j) => levelOf[j]!)));
  const levels = Array.from({length: Math.max(0, ...levelOf.map((each) => each + 1))}, (_, level) =>
    levelOf.flatMap((each, i) => (each === level ? [i] : [])),
  );
  const run = (order: readonly number[]) => {
    const state = stateOf(input);
    const errors: (string | null)[] = [];
    for (const place of order) errors[place] = executed(state, sent[place]!, place, false).error;
    return {results: errors.map((error) => ({error, success: error === null})), accounts: shownAccounts(state)};
  };
  const apart = run(byGroups(touched));
  const alone = run(sent.map((_, place) => place));
  return {
    dependencies,
    levels,
    maxLevelSize: Math.max(0, ...levels.map(({length}) => length)),
    ...apart,
    resultsMatchSequential: JSON.stringify(apart) === JSON.stringify(alone),
  };
}

export const vmExecutionAdapters: Adapters = {"vm-execution": vmExecution, "conflict-schedule": conflictSchedule};
