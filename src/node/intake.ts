/**
 * Where transactions and proofs come in. A write is acknowledged once it is on disk; writes that arrive together
 * share one disk flush, so durability costs a flush for each batch and not for each write.
 */
import {QsdmError, UnavailableError} from "../errors.js";
import type {Chain, Dropped} from "./chain.js";
import {type CompatDoor, carryCompat} from "./ledger/chain/compat-door.js";
import type {AcceptedProof} from "./ledger/chain/run.js";
import {readTransaction, type Transaction} from "./ledger/chain/transaction.js";
import {accountAt} from "./ledger/monetary/supply.js";
import type {Admit} from "./mempool/pool/admission.js";
import type {NonceOf, Pool} from "./mempool/pool/pool.js";
import type {LedgerStore, WaitingRow} from "./storage/store.js";

export interface IntakePorts {
  readonly chain: Chain;
  readonly pool: Pool;
  readonly admit: Admit;
  readonly store: LedgerStore;
  /** Checks a submitted proof, challenge included. @throws RuleError, DecodeError */
  verifyProof(raw: Uint8Array): AcceptedProof;
  nowMs(): bigint;
  /** Called when there is something for a block. */
  wake(): void;
  /** The disk failed: the node must stop. */
  failed(error: unknown): void;
}

interface Pending {
  readonly row: WaitingRow;
  done(): void;
  fail(error: unknown): void;
}

export class Intake {
  readonly #proofs = new Map<string, {readonly raw: Uint8Array; readonly accepted: AcceptedProof}>();
  readonly #pending: Pending[] = [];
  #flushing = false;
  #closed = false;
  readonly nonceOf: NonceOf = (address) => accountAt(this.ports.chain.state, address).nonce;

  constructor(private readonly ports: IntakePorts) {
    // Not left to nonces: where failures are free, an included transaction need not spend its own.
    ports.chain.subscribe(({receipts}) => {
      for (const {txId} of receipts) ports.pool.remove(txId);
    });
  }

  /** Takes up what a previous run acknowledged and no block has settled. Returns what no longer fits. */
  resume(): readonly Dropped[] {
    const dropped: Dropped[] = [];
    for (const row of this.ports.store.waiting()) {
      try {
        if (row.kind === "transaction") this.#admit(readTransaction(row.value));
        else this.#proofs.set(row.id, {raw: row.value, accepted: this.ports.verifyProof(row.value)});
      } catch (error) {
        if (!(error instanceof QsdmError)) throw error;
        dropped.push({id: row.id, error});
      }
    }
    this.ports.store.dropWaiting(dropped.map((each) => each.id));
    return dropped;
  }

  /** @throws RuleError, DecodeError, UnavailableError */
  async submit(bytes: Uint8Array): Promise<{txId: string}> {
    const {txId} = await this.#take(bytes);
    return {txId};
  }

  /**
   * Takes a QSDM envelope at one of its doors.
   * @returns the id that the client chose, under which the reference answers
   * @throws RuleError, DecodeError, UnavailableError
   */
  async submitCompat(door: CompatDoor, body: Uint8Array): Promise<{txId: string}> {
    const {clientId, txId} = await this.#take(carryCompat(door, body, this.ports.chain.params));
    return {txId: clientId ?? txId};
  }

  async #take(bytes: Uint8Array): Promise<Transaction> {
    this.#checkOpen();
    const transaction = readTransaction(bytes);
    this.#admit(transaction);
    try {
      await this.#keep({kind: "transaction", id: transaction.txId, value: bytes});
    } catch (error) {
      this.ports.pool.remove(transaction.txId);
      throw error;
    }
    this.ports.wake();
    return transaction;
  }

  /** @throws RuleError, DecodeError, UnavailableError */
  async submitProof(raw: Uint8Array): Promise<AcceptedProof> {
    this.#checkOpen();
    const accepted = this.ports.verifyProof(raw);
    // Reserved before the first await, so that two copies in flight cannot both be accepted (Q17).
    this.#proofs.set(accepted.proofIdHex, {raw, accepted});
    try {
      await this.#keep({kind: "proof", id: accepted.proofIdHex, value: raw});
    } catch (error) {
      this.#proofs.delete(accepted.proofIdHex);
      throw error;
    }
    this.ports.wake();
    return accepted;
  }

  /** Whether a proof of this node at this height is waiting. */
  hasProof(nodeId: string, height: bigint): boolean {
    for (const {accepted} of this.#proofs.values())
      if (accepted.nodeId === nodeId && accepted.height === height) return true;
    return false;
  }

  /** Whether the next block would hold anything. */
  get isEmpty(): boolean {
    return this.#proofs.size === 0 && this.ports.pool.size === 0;
  }

  /** Builds one block from what is waiting. */
  async extend(): Promise<readonly Dropped[]> {
    const {chain, pool} = this.ports;
    const {maxTransactions, maxProofs} = chain.params.limits;
    const height = chain.tip.height + 1n;
    const transactions = pool.select(maxTransactions, this.nonceOf);
    const proofs = [...this.#proofs].slice(0, maxProofs).map(([id, {raw}]) => ({id, raw}));
    const stale = pool.stale(height, this.nonceOf);
    const dropped = await chain.extend({timeMs: this.ports.nowMs(), transactions, proofs, stale});
    for (const {id} of proofs) this.#proofs.delete(id);
    for (const id of [...stale, ...dropped.map((each) => each.id)]) pool.remove(id);
    for (const id of pool.stale(height + 1n, this.nonceOf)) pool.remove(id);
    return dropped;
  }

  /** Refuses new writes and waits for those under way. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#flushing) await new Promise((resolve) => setImmediate(resolve));
  }

  #checkOpen(): void {
    if (this.#closed)
      throw new UnavailableError("NODE_STOPPING", "the node is stopping", {hint: "send it again after the restart"});
  }

  #admit(transaction: Transaction): void {
    const {chain, pool, admit} = this.ports;
    pool.check(transaction, this.nonceOf);
    const bidDust = admit(transaction, {state: chain.state, block: chain.nextBlock(this.ports.nowMs())});
    pool.add(transaction, bidDust);
  }

  #keep(row: WaitingRow): Promise<void> {
    return new Promise((done, fail) => {
      this.#pending.push({row, done, fail});
      if (this.#flushing) return;
      this.#flushing = true;
      setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const batch = this.#pending.splice(0);
    this.#flushing = false;
    try {
      this.ports.store.keepWaiting(batch.map((each) => each.row));
      for (const {done} of batch) done();
    } catch (error) {
      for (const {fail} of batch) fail(error);
      this.ports.failed(error);
    }
  }
}
