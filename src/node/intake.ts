/**
 * Where transactions and proofs come in. A write is acknowledged once it is on disk; writes that arrive together
 * share one disk flush, so durability costs a flush for each batch and not for each write.
 */
import {nodeIdOfProof} from "../codecs/mining/attestation.js";
import {readProofCompat} from "../codecs/mining/proof.js";
import type {VerifySignature} from "../codecs/suite.js";
import {QsdmError, RuleError, UnavailableError} from "../errors.js";
import type {Chain} from "./chain.js";
import {EvidenceDesk} from "./evidence-desk.js";
import {type CompatDoor, carryCompat} from "./ledger/chain/compat-door.js";
import type {Contracts} from "./ledger/chain/contract.js";
import type {BlockCommitted} from "./ledger/chain/events.js";
import {gasOn, recordGasOf} from "./ledger/chain/growth.js";
import type {AcceptedProof} from "./ledger/chain/run.js";
import {readTransaction, type Transaction} from "./ledger/chain/transaction.js";
import {ProofRejection} from "./ledger/mining/rejection.js";
import {accountAt} from "./ledger/monetary/supply.js";
import {dagLimitsOf} from "./mempool/dag/rules.js";
import type {Admit} from "./mempool/pool/admission.js";
import {WaitingOffences} from "./mempool/pool/offences.js";
import type {Bid, NonceOf, Pool} from "./mempool/pool/pool.js";
import type {Candidate, Dropped, Extension} from "./proposal.js";
import type {SignatureDesk} from "./signature-desk.js";
import type {LedgerStore, WaitingRow} from "./storage/store.js";

export interface IntakePorts {
  readonly chain: Chain;
  readonly pool: Pool;
  readonly admit: Admit;
  /** By which the gas of what waits is counted. */
  readonly contracts: Contracts;
  readonly store: LedgerStore;
  readonly signatures: Pick<SignatureDesk, "verify" | "ahead">;
  /** Checks a submitted proof, challenge included. @throws RuleError, DecodeError */
  verifyProof(raw: Uint8Array): AcceptedProof;
  nowMs(): bigint;
  /** Called when there is something for a block. */
  wake(): void;
  /** The disk failed: the node must stop. */
  failed(error: unknown): void;
}

/** Whether somebody was promised that a transaction will be in a block: it is not refused as a favour any more. */
type Standing = "new" | "acknowledged";

interface Pending {
  readonly row: WaitingRow;
  /** Ids of what gave way to it. */
  readonly gone: readonly string[];
  done(): void;
  fail(error: unknown): void;
}

export class Intake {
  readonly #proofs = new Map<string, {readonly raw: Uint8Array; readonly claim: ProofClaim}>();
  readonly #pending: Pending[] = [];
  /** Ids of what is not on disk yet: no block may hold it, because nobody was promised it. */
  readonly #unwritten = new Set<string>();
  #flushing = false;
  /** Gas of a new record when what waits was last priced. */
  #recordGas: bigint | null = null;
  #closed = false;
  #halted = false;
  /** Equivocations that wait for a block of this node. */
  readonly evidence: EvidenceDesk;
  /** Offences that waiting slashes are about. */
  readonly offences: WaitingOffences;
  readonly nonceOf: NonceOf = (address) => accountAt(this.ports.chain.state, address).nonce;

  constructor(private readonly ports: IntakePorts) {
    const {chain, store, wake} = ports;
    this.evidence = new EvidenceDesk({chain, store, wake});
    this.offences = new WaitingOffences((txId) => ports.pool.has(txId));
    this.#reprice();
    ports.chain.subscribe((committed, extension) => this.#settle(committed, extension));
  }

  /**
   * Takes up what a previous run acknowledged and no block has settled. Proofs are not admitted again: their challenge
   * was fresh when they came, and the block that takes them checks the rest.
   * @returns what no longer fits
   */
  resume(): readonly Dropped[] {
    const dropped: Dropped[] = [];
    const gone: string[] = [];
    for (const row of this.ports.store.waiting()) {
      try {
        if (row.kind === "evidence") this.evidence.resume(row);
        else if (row.kind === "transaction")
          gone.push(...this.#admit(readTransaction(row.value), this.ports.signatures.verify, "acknowledged"));
        else this.#proofs.set(row.id, {raw: row.value, claim: claimOf(row.value)});
      } catch (error) {
        if (!(error instanceof QsdmError)) throw error;
        dropped.push({id: row.id, error});
      }
    }
    this.ports.store.dropWaiting([...dropped.map((each) => each.id), ...gone]);
    return dropped;
  }

  /** Takes what a client wrote. @throws RuleError, DecodeError, UnavailableError */
  async submit(bytes: Uint8Array): Promise<{txId: string}> {
    const {txId} = await this.#take(bytes, "new");
    return {txId};
  }

  /** Takes what another node has acknowledged to a client of its own. @throws RuleError, DecodeError, UnavailableError */
  async relay(bytes: Uint8Array): Promise<{txId: string}> {
    const {txId} = await this.#take(bytes, "acknowledged");
    return {txId};
  }

  /**
   * Takes a QSDM envelope at one of its doors.
   * @returns the id that the client chose, under which the reference answers, and the bytes as blocks carry them
   * @throws RuleError, DecodeError, UnavailableError
   */
  async submitCompat(door: CompatDoor, body: Uint8Array): Promise<{txId: string; carried: Transaction}> {
    const carried = await this.#take(carryCompat(door, body, this.ports.chain.nextBlock(this.ports.nowMs())), "new");
    return {txId: carried.clientId ?? carried.txId, carried};
  }

  async #take(bytes: Uint8Array, standing: Standing): Promise<Transaction> {
    this.#checkOpen();
    const transaction = readTransaction(bytes);
    const verify = await this.ports.signatures.ahead((taken) => this.#check(transaction, taken, standing));
    this.#checkOpen();
    const gone = this.#admit(transaction, verify, standing);
    try {
      await this.#keep({kind: "transaction", id: transaction.txId, value: bytes}, gone);
    } catch (error) {
      this.ports.pool.remove(transaction.txId);
      throw error;
    }
    return transaction;
  }

  /**
   * @param verify a miner's own offer answers a challenge of this node; what another node took answers one of its own
   * @throws RuleError, DecodeError, UnavailableError
   */
  async submitProof(raw: Uint8Array, verify = this.ports.verifyProof): Promise<AcceptedProof> {
    this.#checkOpen();
    const accepted = verify(raw);
    // The id does not cover the attestation: another node can offer the same solution.
    if (this.#proofs.has(accepted.proofIdHex))
      throw new ProofRejection(
        "duplicate",
        `proof ${accepted.proofIdHex.slice(0, 16)} waits already`,
        accepted.proofId,
        null,
      );
    // Reserved before the first await, so that two copies in flight cannot both be accepted (Q17).
    this.#proofs.set(accepted.proofIdHex, {raw, claim: accepted});
    try {
      await this.#keep({kind: "proof", id: accepted.proofIdHex, value: raw});
    } catch (error) {
      this.#proofs.delete(accepted.proofIdHex);
      throw error;
    }
    return accepted;
  }

  /** Whether a proof of this node at this height is waiting. */
  hasProof(nodeId: string, height: bigint): boolean {
    for (const {claim} of this.#proofs.values()) if (claim.nodeId === nodeId && claim.height === height) return true;
    return false;
  }

  /** The bytes of something that waits, or `null`. */
  waitingBytes(id: string): Uint8Array | null {
    return this.#proofs.get(id)?.raw ?? this.ports.pool.get(id)?.bytes ?? null;
  }

  /** What could be in a batch, in the order in which a block should try it: all that waits but what `isPacked` names. */
  offered(isPacked: (id: string) => boolean): {
    readonly transactions: readonly Transaction[];
    readonly proofs: Candidate["proofs"];
  } {
    const {chain, pool} = this.ports;
    const {maxTransactions, maxProofs} = chain.params.limits;
    const isFree = (id: string): boolean => !isPacked(id) && !this.#unwritten.has(id);
    const transactions = pool.select(maxTransactions, this.nonceOf, isFree);
    const proofs = [...this.#proofs]
      .filter(([id]) => isFree(id))
      .slice(0, maxProofs)
      .map(([id, {raw}]) => ({id, raw}));
    // Before everything that an accused could still do with its stake.
    const evidence = this.evidence.offered(chain.tip.id).filter(({txId}) => isFree(txId));
    return {transactions: [...evidence, ...transactions], proofs};
  }

  isWaiting(id: string): boolean {
    return this.#proofs.has(id) || this.ports.pool.has(id);
  }

  waitingTransaction(txId: string): Transaction | null {
    return this.ports.pool.get(txId) ?? null;
  }

  /** Lets go of what no block can hold. @throws UnavailableError STORE_WRITE_FAILED */
  drop(dropped: readonly Pick<Dropped, "id">[]): void {
    const ids = dropped.map(({id}) => id);
    for (const id of ids) this.#proofs.delete(id);
    this.#forget(ids);
  }

  /** Whether a block on `parentId` would hold nothing. */
  isEmpty(parentId: string): boolean {
    const {pool} = this.ports;
    if (this.evidence.offered(parentId).length > 0) return false;
    if (this.#proofs.size === 0 && pool.size === 0) return true;
    const held = this.heldOn(parentId);
    for (const id of this.#proofs.keys()) if (!held.has(id)) return false;
    return !pool.hasReady(this.#nonceAfter(parentId), held);
  }

  /** Everything that the branch of `parentId` includes, or was found there not to fit. */
  heldOn(parentId: string): ReadonlySet<string> {
    const held = new Set<string>();
    for (const pending of this.ports.chain.branch(parentId)) {
      for (const id of pending.held) held.add(id);
      for (const id of pending.extension.settled) held.add(id);
    }
    return held;
  }

  #nonceAfter(parentId: string): NonceOf {
    const {state} = this.ports.chain.ground(parentId);
    return (address) => accountAt(state, address).nonce;
  }

  /** Lets go of what a final block includes, refused for good, or left no place for. */
  #settle({height, receipts, events}: BlockCommitted, {settled}: Extension): void {
    const {pool} = this.ports;
    // Not left to nonces: where failures are free, an included transaction need not spend its own.
    for (const {txId} of receipts) pool.remove(txId);
    for (const event of events) if (event.type === "proof-rewarded") this.#proofs.delete(event.proofId);
    for (const id of settled) {
      this.#proofs.delete(id);
      pool.remove(id);
    }
    this.#reprice();
    this.#forget(pool.stale(height + 1n, this.nonceOf));
  }

  /** What waits bids by the base fee of the block after the tip, for the gas that it takes there. */
  #reprice(): void {
    const {chain, contracts, pool, nowMs} = this.ports;
    const {params} = chain.nextBlock(nowMs());
    const recordGas = recordGasOf(params.limits);
    const isOther = recordGas !== this.#recordGas;
    this.#recordGas = recordGas;
    pool.reprice(
      params.fees,
      isOther ? (transaction) => gasOn(chain.state, transaction, {contracts, params}) : undefined,
    );
  }

  /** Takes transactions out of the pool and off the disk. @throws UnavailableError STORE_WRITE_FAILED */
  #forget(txIds: readonly string[]): void {
    for (const id of txIds) this.ports.pool.remove(id);
    if (txIds.length === 0) return;
    try {
      this.ports.store.dropWaiting(txIds);
    } catch (error) {
      this.#diskFailed(error);
      throw error;
    }
  }

  /** Nothing more is acknowledged on a disk that failed once. */
  #diskFailed(error: unknown): void {
    this.halt();
    this.ports.failed(error);
  }

  /** The node cannot go on: nothing is acknowledged from here on but what is on disk already. */
  halt(): void {
    this.#closed = true;
    this.#halted = true;
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

  /** @returns ids of what gave way to it, which stay on disk until it is there */
  #admit(transaction: Transaction, verify: VerifySignature, standing: Standing): readonly string[] {
    const {bid, offence} = this.#check(transaction, verify, standing);
    const {pool, nowMs} = this.ports;
    const gone = pool.add(transaction, bid, {nonceOf: this.nonceOf, nowMs: nowMs()});
    if (offence !== null) this.offences.note(offence, transaction.txId);
    return gone;
  }

  /** Whether the transaction may wait; changes nothing. */
  #check(
    transaction: Transaction,
    verifySignature: VerifySignature,
    standing: Standing,
  ): {bid: Bid; offence: string | null} {
    const {chain, pool, admit} = this.ports;
    const {sender, nonce} = transaction.content;
    const {maxBatchBytes} = dagLimitsOf(chain.params.limits);
    if (transaction.bytes.length > maxBatchBytes)
      throw new RuleError(
        "TRANSACTION_TOO_LARGE",
        `${transaction.bytes.length} bytes, and a batch of this chain holds at most ${maxBatchBytes}`,
      );
    pool.check(transaction, {nonceOf: this.nonceOf, height: chain.tip.height});
    const block = {...chain.nextBlock(this.ports.nowMs()), verifySignature};
    const bid = admit(transaction, {state: chain.state, block, isPromised: standing === "acknowledged"});
    const pledgedDust = pool.pledgedDust(sender, nonce) + bid.feeDust;
    const {balanceDust} = accountAt(chain.state, sender);
    if (balanceDust < pledgedDust)
      throw new RuleError(
        "BALANCE_TOO_LOW",
        `${sender} has ${balanceDust} dust, the fees of what waits come to ${pledgedDust}`,
        {details: {balance_dust: balanceDust, needed_dust: pledgedDust}},
      );
    // Last, since it verifies evidence: only for whoever signed and can pay.
    const ground = {state: chain.state, block};
    const {offences} = this;
    const offence = standing === "new" ? offences.check(transaction, ground) : offences.offenceOf(transaction, ground);
    return {bid, offence};
  }

  #keep(row: WaitingRow, gone: readonly string[] = []): Promise<void> {
    return new Promise((done, fail) => {
      this.#pending.push({row, gone, done, fail});
      this.#unwritten.add(row.id);
      if (this.#flushing) return;
      this.#flushing = true;
      setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const batch = this.#pending.splice(0);
    this.#flushing = false;
    try {
      if (this.#halted) this.#checkOpen();
      const waits = (id: string): boolean => this.#proofs.has(id) || this.ports.pool.has(id);
      // A block of somebody else can have settled it meanwhile, or a better bid replaced it: nothing would ever take the
      // row away. What gave way can have come again.
      const kept = batch.map(({row}) => row).filter(({id}) => waits(id));
      const gone = batch.flatMap((each) => each.gone).filter((id) => !waits(id));
      this.ports.store.keepWaiting(kept, gone);
      for (const {row} of batch) this.#unwritten.delete(row.id);
      for (const {done} of batch) done();
      // Once for all of them: whoever is woken looks at everything that waits.
      this.ports.wake();
    } catch (error) {
      for (const {fail} of batch) fail(error);
      this.#diskFailed(error);
    }
  }
}

/** What is known of a waiting proof without checking it. */
type ProofClaim = Pick<AcceptedProof, "nodeId" | "height">;

function claimOf(raw: Uint8Array): ProofClaim {
  const proof = readProofCompat(raw);
  return {nodeId: nodeIdOfProof(proof), height: proof.height};
}
