/**
 * One block being executed on an overlay: proofs, then coinbase, then transactions, then fees, issuance by stake and
 * matured bonds.
 * The builder and the verifier drive the same object; the builder skips what is refused, the verifier does not.
 */
import type {Block, CoinbaseEntry} from "../../../codecs/chain/block.js";
import type {Receipt} from "../../../codecs/chain/receipt.js";
import {RuleError} from "../../../errors.js";
import {fillBonds} from "../enrollment/accrue.js";
import {sweep} from "../enrollment/registry.js";
import {activate} from "../governance/activate.js";
import {earnReputation} from "../governance/reputation.js";
import {executePayments, type LaneOptions, lanePayments, takesLanes} from "../lanes/lane.js";
import {stepDifficulty} from "../mining/difficulty.js";
import {stepBaseFee} from "../monetary/base-fee.js";
import {rewardOf} from "../monetary/engine/reward.js";
import {stepMonetary} from "../monetary/engine/step.js";
import {settleFees} from "../monetary/fees.js";
import {assertSupply, type HeldDust, mint, recountDust, supplyOf} from "../monetary/supply.js";
import {sweepQuorumStakes} from "../quorum-stake/contracts.js";
import type {State} from "../state/state.js";
import {heightKey, rewardedProofs} from "../state/stores.js";
import type {Payment} from "../transfer/payments.js";
import {stepEpoch} from "../validators/election.js";
import {sweepStakes} from "../validators/stake.js";
import type {BlockContext, Contracts} from "./contract.js";
import type {LedgerEvent} from "./events.js";
import {execute} from "./execute.js";
import {gasOn} from "./growth.js";
import type {Transaction} from "./transaction.js";

/** A mining proof that earns a share of the block's reward. */
export interface AcceptedProof {
  /** 32 bytes. */
  readonly proofId: Uint8Array;
  readonly proofIdHex: string;
  readonly nodeId: string;
  /** Height of the header that the proof quotes. */
  readonly height: bigint;
  /** Account to pay. */
  readonly to: string;
}

/**
 * Checks a proof against the state before the block.
 * @throws RuleError, DecodeError
 */
export type VerifyProof = (state: State, raw: Uint8Array, block: BlockContext) => AcceptedProof;

/** What the rules need besides the state. */
export interface RunPorts {
  readonly contracts: Contracts;
  readonly verifyProof: VerifyProof;
  /** Runs bodies of blocks; `runBody` in one lane where it is missing. */
  readonly runBody?: (begin: () => BlockRun, body: Body) => RunResult;
}

/** What a finished run leaves: the overlay to merge, and what to tell about it. */
export interface RunResult {
  readonly state: State;
  readonly held: HeldDust;
  readonly proofs: readonly Uint8Array[];
  readonly coinbase: readonly CoinbaseEntry[];
  readonly transactions: readonly Transaction[];
  readonly receipts: readonly Receipt[];
  readonly events: readonly LedgerEvent[];
  /** What its transactions were charged by, and their gas together. */
  readonly baseFeeDust: bigint;
  readonly gasUsed: bigint;
}

export class BlockRun {
  readonly state: State;
  readonly #proofs: Uint8Array[] = [];
  readonly #shares = new Map<string, bigint>();
  readonly #transactions: Transaction[] = [];
  readonly #receipts: Receipt[] = [];
  readonly #events: LedgerEvent[] = [];
  #coinbase: CoinbaseEntry[] | null = null;
  #feesDust = 0n;
  #gas = 0n;
  #bytes = 0;

  /** @param parent the committed state; it is not touched */
  constructor(
    private readonly parent: {readonly state: State; readonly held: HeldDust},
    private readonly block: BlockContext & {readonly proposer: string},
    private readonly ports: RunPorts,
  ) {
    this.state = parent.state.fork();
  }

  /** Takes a proof. @throws RuleError, DecodeError when it may not be in this block */
  addProof(raw: Uint8Array): void {
    if (this.#coinbase) throw new RuleError("PROOF_LATE", "proofs come before transactions");
    this.#checkRoom(raw, {held: this.#proofs.length, most: this.block.params.limits.maxProofs});
    const proof = this.ports.verifyProof(this.state, raw, this.block);
    this.state.put(rewardedProofs, `${heightKey(proof.height)}/${proof.nodeId}`, {proofId: proof.proofId});
    this.#proofs.push(raw);
    this.#bytes += raw.length;
    this.#shares.set(proof.to, (this.#shares.get(proof.to) ?? 0n) + 1n);
    this.#events.push({type: "proof-rewarded", nodeId: proof.nodeId, proofId: proof.proofIdHex, to: proof.to});
  }

  /** Takes a transaction, applied or rejected. @throws RuleError when it may not be in this block at all */
  addTransaction(transaction: Transaction): void {
    this.#payMiners();
    const {contracts} = this.ports;
    const gas = gasOn(this.state, transaction, {contracts, params: this.block.params});
    this.#checkFits(transaction, gas);
    const {receipt, events} = execute(this.state, transaction, {contracts, block: this.block, gas});
    this.#note(transaction, receipt);
    this.#events.push(...events);
  }

  /**
   * Takes all transactions of a block, payments that follow each other in a lane.
   * @throws RuleError when one of them may not be in this block; the run is then worth nothing
   */
  addTransactions(transactions: readonly Transaction[], lanes: LaneOptions | null): void {
    const {contracts} = this.ports;
    const usable = lanes && takesLanes(this.block.params.rules) ? lanes : null;
    for (let at = 0; at < transactions.length; ) {
      const payments = usable ? this.#laneFrom(transactions, at) : [];
      if (!usable || payments.length < usable.least) {
        // At least the one that is no payment.
        for (const end = at + Math.max(1, payments.length); at < end; at++) this.addTransaction(transactions[at]!);
        continue;
      }
      this.#payMiners();
      const fitting = this.#fitting(transactions.slice(at, at + payments.length));
      const ground = {state: this.state, block: this.block, contracts, lanes: usable};
      const receipts = executePayments(fitting, payments, ground);
      for (const [i, receipt] of receipts.entries()) this.#note(fitting[i]!, receipt);
      at += receipts.length;
      // What the lane did not take is refused here, in the words of whoever executes one alone.
      if (receipts.length < payments.length) this.addTransaction(transactions[at++]!);
    }
  }

  #note(transaction: Transaction, receipt: Receipt): void {
    this.#transactions.push(transaction);
    this.#bytes += transaction.bytes.length;
    this.#receipts.push(receipt);
    this.#feesDust += receipt.feeDust;
    this.#gas += receipt.gasUsed;
  }

  /** Payments of the transactions from `at` up to the first that a lane cannot execute, or that adds to the state. */
  #laneFrom(transactions: readonly Transaction[], at: number): (readonly Payment[])[] {
    const prices = {contracts: this.ports.contracts, params: this.block.params};
    const found: (readonly Payment[])[] = [];
    for (let i = at; i < transactions.length; i++) {
      const transaction = transactions[i]!;
      const payments = lanePayments(transaction);
      if (payments === null || gasOn(this.state, transaction, prices) !== transaction.gas) break;
      found.push(payments);
    }
    return found;
  }

  /** @throws RuleError BLOCK_FULL */
  #checkFits({bytes}: Transaction, gas: bigint): void {
    const {maxTransactions: most, maxGas} = this.block.params.limits;
    this.#checkRoom(bytes, {held: this.#transactions.length, most});
    if (this.#gas + gas > maxGas) throw new RuleError("BLOCK_FULL", `a block holds at most ${maxGas} gas`);
  }

  /** Those of `transactions`, from the first, that the block has room for. */
  #fitting(transactions: readonly Transaction[]): readonly Transaction[] {
    const {maxTransactions, maxBytes, maxGas} = this.block.params.limits;
    let held = this.#transactions.length;
    let bytes = this.#bytes;
    let gas = this.#gas;
    const over = transactions.findIndex((each) => {
      held++;
      bytes += each.bytes.length;
      gas += each.gas;
      return held > maxTransactions || bytes > maxBytes || gas > maxGas;
    });
    return over < 0 ? transactions : transactions.slice(0, over);
  }

  /** Pays fees, ends the monetary epoch, returns matured bonds, and checks that the books balance. */
  finish(): RunResult {
    const coinbase = this.#payMiners();
    settleFees(this.state, this.#feesDust, {proposer: this.block.proposer, fees: this.block.params.fees});
    this.#events.push(...stepMonetary(this.state, this.block, this.#feesDust));
    stepBaseFee(this.state, this.block.params, this.#gas);
    earnReputation(this.state, this.block, {
      proposer: this.block.proposer,
      proofs: this.#shares,
      isEmpty: this.#transactions.length + this.#proofs.length === 0,
    });
    const {state, block} = this;
    this.#events.push(...sweep(state, block.height), ...sweepStakes(state, block));
    this.#events.push(...sweepQuorumStakes(state, block.height));
    this.#events.push(...stepEpoch(this.state, this.block));
    this.#events.push(...activate(this.state, this.block.height + 1n, this.block.params.rules));
    this.#forgetOldProofs();
    stepDifficulty(this.state, this.block, this.#proofs.length);
    const held = recountDust(this.state, this.parent.held);
    assertSupply(held, supplyOf(this.state));
    return {
      state: this.state,
      held,
      proofs: this.#proofs,
      coinbase,
      transactions: this.#transactions,
      receipts: this.#receipts,
      events: this.#events,
      baseFeeDust: this.block.params.fees.baseFeeDust,
      gasUsed: this.#gas,
    };
  }

  /** Items and bytes that are in, against the chain's limits. */
  #checkRoom(item: Uint8Array, {held, most}: {held: number; most: number}): void {
    const {maxBytes} = this.block.params.limits;
    if (held >= most) throw new RuleError("BLOCK_FULL", `a block holds at most ${most} of these`);
    if (this.#bytes + item.length > maxBytes)
      throw new RuleError("BLOCK_FULL", `a block holds at most ${maxBytes} bytes of body`);
  }

  /** Shares of the block's reward by proofs, in address order; what does not divide stays unissued. */
  #payMiners(): readonly CoinbaseEntry[] {
    if (this.#coinbase) return this.#coinbase;
    const rewardDust = rewardOf(this.block.height, this.block.params);
    const total = BigInt(this.#proofs.length);
    this.#coinbase = [...this.#shares]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([to, count]) => ({to, amountDust: (rewardDust * count) / total}));
    for (const {to, amountDust} of this.#coinbase) {
      mint(this.state, to, amountDust);
      fillBonds(this.state, to, amountDust);
    }
    return this.#coinbase;
  }

  /** Proofs that quote a header below the grace window are refused anyway, so their marks can go. */
  #forgetOldProofs(): void {
    const oldest = this.block.height - this.block.params.mining.graceBlocks - 1n;
    if (oldest <= 0n) return;
    for (const key of this.state.keys(rewardedProofs)) {
      if (key >= heightKey(oldest)) break;
      this.state.remove(rewardedProofs, key);
    }
  }
}

/** What a received block holds, read. */
export interface Body extends Pick<Block, "proofs"> {
  readonly transactions: readonly Transaction[];
}

/**
 * Runs a received block's body.
 * @param lanes how payments that follow each other are executed; null executes one after the other
 * @throws RuleError, DecodeError when the block is not valid on this parent
 */
export function runBody(run: BlockRun, {proofs, transactions}: Body, lanes: LaneOptions | null): RunResult {
  for (const proof of proofs) run.addProof(proof);
  run.addTransactions(transactions, lanes);
  return run.finish();
}
