/** `gas.json`, `fee-split.json` and `mempool-priority.json`: QBIND's schedule, its split, and the order of its pool. */
import {RuleError} from "../../../src/errors.js";
import type {Transaction} from "../../../src/node/ledger/chain/transaction.js";
import {splitFee} from "../../../src/node/ledger/monetary/fees.js";
import {type Bid, DEFAULT_POOL_LIMITS, Pool} from "../../../src/node/mempool/pool/pool.js";
import type {Adapters, Input, Output} from "../case.js";
import {gasOfPayment, paymentIn} from "./qbind-payment.js";

function gas(input: Input): Output {
  const payload = input.bytes("payload");
  const payment = paymentIn(payload);
  if (payment === null) return {error: "MalformedPayload"};
  return {
    gasCost: Number(gasOfPayment(payload, input.text("sender"), payment.recipient)),
    gasLimit: Number(payment.gasLimit),
    maxFeePerGas: payment.maxFeePerGas.toString(),
  };
}

function feeSplit(input: Input): Output {
  const burnBps = input.number("burnBps");
  // Our parameter is one number, so a policy whose parts do not add up cannot be written.
  if (burnBps + input.number("proposerBps") !== 10_000) return {ok: false};
  if (!input.has("totalFee")) return {ok: true};
  const {burnedDust, proposerDust} = splitFee(input.big("totalFee"), burnBps);
  return {burned: burnedDust.toString(), toProposer: proposerDust.toString()};
}

function transactionOf(input: Input, order: number, {feeDust}: Bid): Transaction {
  const [sender, nonce] = [input.number("sender"), BigInt(input.number("nonce"))];
  const content = {
    chainId: "qbind",
    sender: `c0${"00".repeat(30)}${sender.toString(16).padStart(2, "0")}`,
    nonce,
    expiresAtHeight: 0n,
    // All of it is offered.
    maxFeeDust: feeDust,
    tipDust: feeDust,
    contract: "",
    payload: input.bytes("payload"),
  };
  const authority = {form: "envelope-v3", publicKey: null, signature: new Uint8Array()} as const;
  return {txId: `${order}`, clientId: null, content, authority, bytes: content.payload, gas: 1n};
}

/** Without fee priority whoever comes first goes first. @throws RuleError Invalid, InsufficientGasLimit */
function bidOf(payload: Uint8Array, feePriority: boolean): Bid {
  const payment = paymentIn(payload);
  if (payment === null) throw new RuleError("Invalid", "no payment");
  const {gasLimit, maxFeePerGas} = payment;
  if (gasOfPayment(payload, "sender", "recipient") > gasLimit)
    throw new RuleError("InsufficientGasLimit", "too little gas");
  return feePriority
    ? {feeDust: gasLimit * maxFeePerGas, gas: gasLimit, usesGas: gasLimit}
    : {feeDust: 1n, gas: 1n, usesGas: 1n};
}

function mempoolPriority(input: Input): Output {
  const feePriority = input.flag("feePriority");
  const unlimited = {maxEvictions: Number.MAX_SAFE_INTEGER, maxPerSender: Number.MAX_SAFE_INTEGER};
  const limits = {...DEFAULT_POOL_LIMITS, ...unlimited, maxTransactions: input.number("maxTxs")};
  const pool = new Pool({...limits, maxNonceGap: BigInt(input.number("maxNonceGap"))});
  const nonces = new Map<string, bigint>();
  const nonceOf = (sender: string): bigint => nonces.get(sender) ?? 0n;
  const insertResults = input.objects("inserts").map((each, order) => {
    try {
      const bid = bidOf(each.bytes("payload"), feePriority);
      const transaction = transactionOf(each, order, bid);
      pool.check(transaction, {nonceOf, height: 0n});
      pool.add(transaction, bid, {nonceOf, nowMs: 0n});
      return "ok";
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      if (error.code === "POOL_FULL") return feePriority ? "LowPriorityDropped" : "Full";
      return error.code === "InsufficientGasLimit" ? error.code : "Invalid";
    }
  });
  const taken = (count: number) => pool.select(count, nonceOf);
  const shown = (list: readonly Transaction[]) =>
    list.map(({content: {sender, nonce}}) => `${Number.parseInt(sender.slice(-2), 16)}:${nonce}`);
  const top5 = taken(5);
  const all = shown(taken(limits.maxTransactions));
  // As when a block has them.
  for (const {txId, content} of top5.slice(0, 2)) {
    pool.remove(txId);
    nonces.set(content.sender, content.nonce + 1n);
  }
  return {insertResults, top5: shown(top5), all, afterRemove: shown(taken(limits.maxTransactions))};
}

export const feeAdapters: Adapters = {gas, "fee-split": feeSplit, "mempool-priority": mempoolPriority};
