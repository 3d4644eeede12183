/** `node/mempool.json`: QSDM's pool of waiting transactions, asked of ours. */
import {dustOfCell} from "../../../src/codecs/envelopes/amount.js";
import {RuleError} from "../../../src/errors.js";
import type {Transaction} from "../../../src/node/ledger/chain/transaction.js";
import {DEFAULT_POOL_LIMITS, Pool, type PoolGround, type PoolMoment} from "../../../src/node/mempool/pool/pool.js";
import {type Adapters, byKind, type Input, type Output, UnknownCase} from "../case.js";

export const MEMPOOL_AREA = "mempool admission, fee eviction, nonce conflicts, drain order, per-sender nonce ordering";

/** The cases have no accounts: each stands where its first transaction fits. */
function groundOf(txs: readonly Input[]) {
  const first = new Map<string, bigint>();
  for (const tx of txs) {
    const [sender, nonce] = [tx.text("sender"), BigInt(tx.number("nonce"))];
    if (nonce < (first.get(sender) ?? nonce + 1n)) first.set(sender, nonce);
  }
  return {nonceOf: (sender: string): bigint => first.get(sender) ?? 0n, height: 0n, nowMs: 0n};
}

/** The reference's classes of refusals. */
const CLASSES = new Map([
  ["POOL_DUPLICATE", "duplicate"],
  ["POOL_NONCE_TAKEN", "nonce_pending"],
  ["POOL_FULL", "full"],
]);

/** As one that came in through the door for QSDM's clients, whose ids are their own. */
function waiting(input: Input, txId: string): Transaction {
  const content = {
    ...{chainId: "vectors", sender: input.text("sender"), nonce: BigInt(input.number("nonce")), expiresAtHeight: 0n},
    ...{maxFeeDust: 0n, tipDust: 0n, contract: input.textOr("contract_id"), payload: new Uint8Array()},
  };
  return {txId, clientId: input.text("id"), content, authority: {form: "unsigned"}, bytes: new Uint8Array(1), gas: 1n};
}

/** Offers a transaction. @returns the class of the refusal, or null */
function offer(pool: Pool, transaction: Transaction, feeDust: bigint, ground: PoolGround & PoolMoment): string | null {
  try {
    pool.check(transaction, ground);
    pool.add(transaction, {feeDust, gas: 1n, usesGas: 1n}, ground);
    return null;
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    return CLASSES.get(error.code) ?? error.code;
  }
}

const idsOf = (transactions: readonly Transaction[]): string[] => transactions.map(({clientId}) => clientId!);

function mempool(input: Input): Output {
  const pool = new Pool({...DEFAULT_POOL_LIMITS, maxTransactions: input.number("max_size")});
  const txs = input.objects("ops").map((op) => {
    if (op.text("op") !== "add") throw new UnknownCase(`no operation "${op.text("op")}"`);
    return op.object("tx");
  });
  const ground = groundOf(txs);
  const results = txs.map((tx, i) => ({
    error: offer(pool, waiting(tx, `${i}`), dustOfCell(tx.number("fee")), ground),
    size: pool.size,
  }));
  const drained = pool.select(input.number("drain"), ground.nonceOf);
  for (const {txId} of drained) pool.remove(txId);
  return {results, drained_ids: idsOf(drained), size_after: pool.size};
}

/** A list that is in order of fee but for the nonces of each sender: what comes first bids most. */
function senderNonceOrder(input: Input): Output {
  const pool = new Pool();
  const txs = input.objects("txs");
  const ground = groundOf(txs);
  for (const [i, tx] of txs.entries()) offer(pool, waiting(tx, `${i}`), BigInt(txs.length - i), ground);
  return {ids: idsOf(pool.select(txs.length, ground.nonceOf))};
}

export const mempoolAdapters: Adapters = {
  [MEMPOOL_AREA]: byKind({mempool, sender_nonce_order: senderNonceOrder}),
};
