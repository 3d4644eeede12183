/**
 * Equivocations that this node has seen and no block has punished: on disk until one has, and offered for every block
 * that this node builds. Nobody needs an account to have a cheat punished.
 */
import {equalBytes} from "../codecs/bytes.js";
import {type EquivocationProof, equivocation, offenceOf} from "../codecs/consensus/equivocation.js";
import type {Chain} from "./chain.js";
import {readTransaction, type Transaction} from "./ledger/chain/transaction.js";
import {punishedAt} from "./ledger/validators/equivocation.js";
import type {LedgerStore, WaitingRow} from "./storage/store.js";

/** Most that wait: a cheat in every view loses no more by the hundredth. */
const WAITING_MAX = 64;
/** Most of one key, so that one who cheats all the time keeps nobody else's evidence out. */
const OF_KEY_MAX = 4;
/** Most in one block (spec/bft-ledger.md 9). */
const PER_BLOCK = 10;

export interface EvidencePorts {
  readonly chain: Pick<Chain, "subscribe" | "state" | "ground">;
  readonly store: Pick<LedgerStore, "keepWaiting" | "dropWaiting">;
  /** Called when there is something for a block. */
  wake(): void;
}

interface Waiting {
  readonly proof: EquivocationProof;
  readonly transaction: Transaction;
}

export class EvidenceDesk {
  readonly #byId = new Map<string, Waiting>();

  constructor(private readonly ports: EvidencePorts) {
    ports.chain.subscribe((_committed, {settled}) => this.#settle(new Set(settled)));
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Takes up what an earlier run saw, unless other statements had it punished since. */
  resume({id, value}: Pick<WaitingRow, "id" | "value">): void {
    if (!this.#put(equivocation.decode(value))) this.ports.store.dropWaiting([id]);
  }

  /** Something this node saw. @throws UnavailableError STORE_WRITE_FAILED */
  report(proof: EquivocationProof): void {
    const put = this.#put(proof);
    if (!put) return;
    this.ports.store.keepWaiting([{kind: "evidence", id: put.txId, value: put.bytes}]);
    this.ports.wake();
  }

  /** What a block on `parentId` could punish. */
  offered(parentId: string): readonly Transaction[] {
    if (this.#byId.size === 0) return [];
    const {state} = this.ports.chain.ground(parentId);
    const open = [...this.#byId.values()].filter(({proof}) => punishedAt(state, proof) === null);
    return open.slice(0, PER_BLOCK).map(({transaction}) => transaction);
  }

  /** Nothing, where the offence waits already or was punished, or enough wait. */
  #put(proof: EquivocationProof): Transaction | null {
    if (this.#byId.size >= WAITING_MAX || punishedAt(this.ports.chain.state, proof) !== null) return null;
    const offence = offenceOf(proof);
    const ofKey = [...this.#byId.values()].filter((each) => equalBytes(each.proof.publicKey, proof.publicKey));
    if (ofKey.length >= OF_KEY_MAX || ofKey.some((each) => offenceOf(each.proof) === offence)) return null;
    const transaction = readTransaction(equivocation.encode(proof));
    this.#byId.set(transaction.txId, {proof, transaction});
    return transaction;
  }

  /** Lets go of what was punished, or could not be. */
  #settle(settled: ReadonlySet<string>): void {
    const gone = [...this.#byId].filter(
      ([id, {proof}]) => settled.has(id) || punishedAt(this.ports.chain.state, proof) !== null,
    );
    for (const [id] of gone) this.#byId.delete(id);
    if (gone.length > 0) this.ports.store.dropWaiting(gone.map(([id]) => id));
  }
}
