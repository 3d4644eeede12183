/**
 * `dag-mempool` of QBIND, in our pool and our batches: quotas of senders, evictions, packing, quorums of acks. Its
 * frontiers are of certificates that nobody signed, over batches of no round, and have no counterpart here.
 */
import type {UnsignedEnvelope} from "../../../src/codecs/chain/envelope.js";
import type {BatchHeader} from "../../../src/codecs/dag/batch.js";
import {RuleError} from "../../../src/errors.js";
import {Committee, quorumPower} from "../../../src/node/consensus/votes/committee.js";
import type {Transaction} from "../../../src/node/ledger/chain/transaction.js";
import type {DagEffect, DagInput} from "../../../src/node/mempool/dag/effects.js";
import {type DagRules, DEFAULT_DAG_LIMITS} from "../../../src/node/mempool/dag/rules.js";
import {emptyDag} from "../../../src/node/mempool/dag/state.js";
import {step} from "../../../src/node/mempool/dag/step.js";
import {type Bid, DEFAULT_POOL_LIMITS, Pool, type PoolLimits} from "../../../src/node/mempool/pool/pool.js";
import {type Adapters, type Input, LeftOut, type Output, UnknownCase} from "../case.js";

/** By the member that only cases of the kind have. */
const KINDS: Readonly<Record<string, (input: Input) => Output>> = {
  maxPendingPerSender: senderQuotas,
  maxEvictionsPerInterval: evictions,
  batchSize: batching,
  validators: (input) => ({quorumSize: Number(quorumPower(input.big("validators"), "above-two-thirds"))}),
};

function dagMempool(input: Input): Output {
  const run = Object.keys(KINDS).find((name) => input.has(name));
  if (input.has("acks")) throw new LeftOut("certificates of frontiers that nobody signed, over batches without rounds");
  if (run === undefined) throw new UnknownCase("no adapter for this case");
  return KINDS[run]!(input);
}

/** What the pool knows of a transaction, and no more. */
function waiting(name: string, {sender, nonce, sizeBytes}: {sender: number; nonce: bigint; sizeBytes: number}) {
  const content: UnsignedEnvelope = {
    ...{chainId: "vectors", sender: String(sender).padStart(64, "0"), nonce, expiresAtHeight: 1n},
    ...{maxFeeDust: 1_000_000n, tipDust: 0n, contract: "vectors", payload: new Uint8Array()},
  };
  const authority: Transaction["authority"] = {form: "envelope-v3", publicKey: null, signature: new Uint8Array()};
  return {txId: name, clientId: null, content, authority, bytes: new Uint8Array(sizeBytes), gas: 1n};
}

const NEW_ACCOUNTS = {nonceOf: () => 0n, height: 0n, nowMs: 0n};

/** What became of each, under the reference's names where it has one. */
function admit(pool: Pool, transactions: readonly {transaction: Transaction; bid: Bid}[]): string[] {
  const names = new Map([
    ["POOL_SENDER_FULL", "SenderRateLimited"],
    ["POOL_EVICTIONS", "EvictionRateLimited"],
  ]);
  return transactions.map(({transaction, bid}) => {
    try {
      pool.check(transaction, NEW_ACCOUNTS);
      pool.add(transaction, bid, NEW_ACCOUNTS);
      return "ok";
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      return names.get(error.code) ?? error.code;
    }
  });
}

const poolOf = (limits: Partial<PoolLimits>): Pool => new Pool({...DEFAULT_POOL_LIMITS, ...limits});

function senderQuotas(input: Input): Output {
  const pool = poolOf({
    maxPerSender: input.number("maxPendingPerSender"),
    maxBytesPerSender: input.number("maxPendingBytesPerSender"),
  });
  const inserts = input.objects("inserts").map((each, i) => {
    const sizeBytes = 46 + each.number("payloadBytes") + each.number("signatureBytes");
    const transaction = waiting(`${i}`, {sender: each.number("sender"), nonce: each.big("nonce"), sizeBytes});
    return {transaction, bid: {feeDust: 1n, gas: 1n, usesGas: 1n}};
  });
  return {results: admit(pool, inserts), pending: pool.size};
}

function evictions(input: Input): Output {
  const enforced = input.text("mode") === "enforce";
  const pool = poolOf({
    maxTransactions: input.number("maxPendingTxs"),
    maxEvictions: enforced ? input.number("maxEvictionsPerInterval") : Number.MAX_SAFE_INTEGER,
    evictionWindowMs: input.big("intervalSecs") * 1_000n,
  });
  const inserts = input.objects("inserts").map((each) => {
    const sender = each.number("sender");
    const gas = each.big("gasLimit");
    const bid = {feeDust: gas * each.big("maxFeePerGas"), gas, usesGas: gas};
    return {transaction: waiting(`${sender}`, {sender, nonce: each.big("nonce"), sizeBytes: 1}), bid};
  });
  const results = admit(pool, inserts);
  return {results, finalByPriority: pool.select(pool.size, NEW_ACCOUNTS.nonceOf).map(({txId}) => Number(txId))};
}

/** A validator that is alone, so that its own word certifies its batches. */
class Packer {
  #state = emptyDag(1n);
  edges = 0;
  batches = 0;

  constructor(private readonly rules: DagRules) {}

  /** Offers `count` transactions. @returns how many of them went into a batch */
  pack(count: number, txBytes: number): number {
    const bytes = (i: number): Uint8Array => {
      const out = new Uint8Array(txBytes);
      new DataView(out.buffer).setUint32(0, this.batches * 1_000 + i);
      return out;
    };
    const transactions = Array.from({length: count}, (_, i) => ({txId: `${this.batches}/${i}`, bytes: bytes(i)}));
    const header = this.#take({type: "pack", offered: {transactions, proofs: []}});
    if (!header) return 0;
    this.batches++;
    this.edges += header.parents.length;
    return header.transactionCount;
  }

  #take(input: DagInput): BatchHeader | null {
    const {state, effects} = step(this.#state, input, this.rules);
    this.#state = state;
    let sealed: BatchHeader | null = null;
    for (const effect of effects) sealed = this.#perform(effect) ?? sealed;
    return sealed;
  }

  #perform(effect: DagEffect): BatchHeader | null {
    const signature = new Uint8Array();
    if (effect.type === "acknowledge")
      this.#take({type: "ack", ack: {epoch: 0n, ref: effect.ref, validator: 0, signature}});
    if (effect.type !== "seal") return null;
    const {header, transactions, proofs} = effect;
    this.#take({type: "batch", batch: {signed: {header, signature}, transactions, proofs}});
    return header;
  }
}

function batching(input: Input): Output {
  const batchSize = input.number("batchSize");
  const voter = {publicKey: new Uint8Array(), power: 1n};
  const packer = new Packer({
    chainId: "vectors",
    committee: new Committee(0n, [voter], {rotation: "by-power", quorum: "above-two-thirds"}),
    verify: () => true,
    firstRound: 1n,
    self: 0,
    readTransaction: (bytes) => ({txId: Buffer.from(bytes).toString("hex")}),
    proofIdOf: () => "",
    limits: {
      ...DEFAULT_DAG_LIMITS,
      maxBatchTransactions: Math.min(batchSize, input.number("maxTxsPerBatch")),
      maxBatchBytes: input.number("maxBatchBytes"),
    },
  });
  let pending = 0;
  const afterEach = Array.from({length: input.number("inserts")}, () => {
    pending++;
    // When to pack is the reference's choice; how much goes in is ours.
    if (pending >= batchSize) pending -= packer.pack(pending, input.number("txBytes"));
    return {batches: packer.batches, edges: packer.edges, pending};
  });
  return {afterEach};
}

export const dagMempoolAdapters: Adapters = {"dag-mempool": dagMempool};
