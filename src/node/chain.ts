/**
 * The chain of this node: committed state, tip, and the executed blocks above it. Candidates are run on overlays by the
 * ledger's rules; this file owns the order of effects: write, merge, tell. Which block is final is not decided here.
 */

import {type Block, blockIdOf, type Certificate, CLOSING_PROPOSER} from "../codecs/chain/block.js";
import type {EpochRow} from "../codecs/chain/epoch.js";
import type {Genesis} from "../codecs/chain/genesis.js";
import type {VerifySignature} from "../codecs/suite.js";
import {InvariantError, RuleError, UnavailableError} from "../errors.js";
import type {Settled} from "./api/events/derive.js";
import {proveValidators} from "./consensus/finality/validator-set.js";
import type {Origin} from "./consensus/hotstuff/state.js";
import {checkCertificate} from "./consensus/votes/certificate.js";
import {Committee, type Voter} from "./consensus/votes/committee.js";
import type {Parent, Seal} from "./ledger/chain/assemble.js";
import {checkGenesis} from "./ledger/chain/check-genesis.js";
import type {BlockContext} from "./ledger/chain/contract.js";
import {type BlockCommitted, slashesIn} from "./ledger/chain/events.js";
import {genesisBlock} from "./ledger/chain/genesis.js";
import type {RunPorts} from "./ledger/chain/run.js";
import {liveParams} from "./ledger/governance/live.js";
import {assertSupply, type HeldDust, supplyOf} from "./ledger/monetary/supply.js";
import type {ChainParams} from "./ledger/params/chain-params.js";
import {chainParamsOf} from "./ledger/params/networks.js";
import type {HashAll} from "./ledger/state/hashing.js";
import {pathOf, type State} from "./ledger/state/state.js";
import {EPOCH_KEY, epochs, type Validator} from "./ledger/state/stores.js";
import {proveLeaf, type TreeNode} from "./ledger/state/tree.js";
import {epochOf, votersOf} from "./ledger/validators/election.js";
import {type Pending, PendingBlocks} from "./pending.js";
import {type Candidate, type Dropped, type Extension, propose, verifyBlock} from "./proposal.js";
import type {Log} from "./service.js";
import type {LedgerStore, LoggedEvent} from "./storage/store.js";
import {type Committed, loadCommitted, storeGenesis} from "./stored-chain.js";
import {checkBatches, TakenBatches, type TakenGround} from "./taken-batches.js";

/** What the chain needs from outside the rules. */
export interface ChainPorts extends RunPorts {
  readonly store: LedgerStore;
  readonly genesis: Genesis;
  readonly verifyTransaction: VerifySignature;
  /** ML-DSA-44. */
  readonly verifyVote: VerifySignature;
  /** Hashes the leaves and nodes of the state tree. */
  readonly hashAll: HashAll;
  /** What is told of a block, to be written with it. */
  readonly journal: {entries(settled: Settled): readonly LoggedEvent[]};
  readonly log: Pick<Log, "debug" | "error">;
}

interface Voters {
  readonly validators: readonly Validator[];
  readonly committee: Committee;
}

/** Called after a block is on disk and merged, with what its builder found could not be included. */
export type Subscriber = (committed: BlockCommitted, extension: Extension) => void;

export class Chain {
  /** As genesis gives them; what is governed of them the state says, and `nextBlock`. */
  readonly params: ChainParams;
  /** Id of block 0. */
  readonly genesisId: string;
  #voters: Voters;
  readonly #pending: PendingBlocks;
  readonly #taken: TakenBatches;
  readonly #subscribers: Subscriber[] = [];
  #busy = false;

  private constructor(
    private readonly ports: ChainPorts,
    private committed: Committed,
  ) {
    this.#pending = new PendingBlocks(() => this.committed, ports.hashAll);
    this.params = chainParamsOf(ports.genesis);
    this.genesisId = genesisBlock(ports.genesis).id;
    this.#taken = new TakenBatches(ports.store.takenBatches());
    this.#voters = this.#electedIn(committed.state);
  }

  /**
   * Opens the stored chain, or starts it from genesis. The state's root, the tip's id, its link to its parent and its
   * certificate are recomputed; older blocks are checked where they are read.
   * @throws RuleError GENESIS_INVALID; UnavailableError GENESIS_MISMATCH, DATABASE_CORRUPT
   */
  static async open(ports: ChainPorts): Promise<Chain> {
    checkGenesis(ports.genesis);
    const zero = genesisBlock(ports.genesis);
    if (!ports.store.head()) await storeGenesis(ports, zero);
    const stored = ports.store.header(0n);
    if (!stored || stored.parentId !== zero.block.header.parentId)
      throw new UnavailableError("GENESIS_MISMATCH", "the data directory belongs to a chain with another genesis", {
        hint: "use the genesis file that it was initialised with, or another --data-dir",
      });
    const chain = new Chain(ports, loadCommitted(ports.store, ports.hashAll));
    await chain.#checkTip();
    assertSupply(chain.held, supplyOf(chain.state));
    return chain;
  }

  /** Committed state; read it, fork it, never write to it. */
  get state(): State {
    return this.committed.state;
  }
  get held(): HeldDust {
    return this.committed.held;
  }
  get tree(): TreeNode {
    return this.committed.tree;
  }
  get tip(): Parent {
    return this.committed.parent;
  }
  /** Who votes on the block after the tip, and who leads. */
  get committee(): Committee {
    return this.#voters.committee;
  }
  /** What the epoch of that block goes on from. */
  get origin(): Origin {
    const height = epochOf(this.state).originHeight;
    const {view} = this.ports.store.header(height)!;
    return {id: height === 0n ? this.genesisId : blockIdOf(this.ports.store.header(height)!), height, view};
  }

  subscribe(subscriber: Subscriber): void {
    this.#subscribers.push(subscriber);
  }

  /** State, books and what children say, of the tip or of an executed block. */
  ground(id: string): Committed {
    return this.#pending.ground(id);
  }

  /** Executed blocks from `id` down to the first that is not final. */
  branch(id: string): Iterable<Pending> {
    return this.#pending.branch(id);
  }

  /** What a block on `parentId` may take. */
  takenOn(parentId: string): TakenGround {
    return this.#taken.on(this.branch(parentId), this.committee.epoch);
  }

  isExecuted(id: string): boolean {
    return id === this.tip.id || this.#pending.get(id) !== undefined;
  }

  /** Whether an executed block ended the epoch of the tip's next block: what follows it there only makes it final. */
  endsEpoch(id: string): boolean {
    return epochOf(this.ground(id).state).number > this.committee.epoch;
  }

  /** The block that could come after `parentId`, as rules see it. */
  nextBlock(timeMs: bigint, parentId: string = this.tip.id): BlockContext {
    const {parent, state} = this.ground(parentId);
    return {
      params: liveParams(this.params, state),
      height: parent.height + 1n,
      timeMs,
      verifySignature: this.ports.verifyTransaction,
      verifyVote: this.ports.verifyVote,
      ancestor: (height) => {
        if (height > this.tip.height) return this.#pending.ancestor(parentId, height);
        const header = this.ports.store.header(height);
        return header && {id: blockIdOf(header), timeMs: header.timeMs};
      },
    };
  }

  /** Account that receives the fees of a block of `view`. */
  proposerOf(view: bigint): string {
    return this.#voters.validators[this.committee.leader(view)]!.account;
  }

  /** Builds the block of `view` on `parentId` from what is waiting, and executes it as anybody else would. */
  build(candidate: Candidate, {parentId, view}: {parentId: string; view: bigint}): Pending {
    const committed = this.ground(parentId);
    const {parent} = committed;
    const timeMs = candidate.timeMs > parent.timeMs ? candidate.timeMs : parent.timeMs + 1n;
    const closes = this.endsEpoch(parentId);
    const seal: Pick<Seal, "epoch" | "view" | "proposer"> = {
      epoch: this.committee.epoch,
      view,
      proposer: closes ? CLOSING_PROPOSER : this.proposerOf(view),
    };
    const ground = {parent, committed, block: this.nextBlock(timeMs, parentId), seal, closes};
    const {block, dropped, settled} = propose(candidate, ground, this.ports);
    checkBatches(block, this.takenOn(parentId));
    const result = verifyBlock(block, ground, {...this.ports, nowMs: null});
    return this.#pending.add(block, result, {dropped, settled});
  }

  /** Of what waits, everything that no block could ever hold, whatever came before it. */
  hopeless(candidate: Candidate): readonly Dropped[] {
    const parent = this.tip;
    const timeMs = candidate.timeMs > parent.timeMs ? candidate.timeMs : parent.timeMs + 1n;
    const view = parent.view + 1n;
    const seal = {epoch: this.committee.epoch, view, proposer: this.proposerOf(view)};
    const ground = {parent, committed: this.committed, block: this.nextBlock(timeMs), seal, closes: false};
    return propose(candidate, ground, this.ports).dropped;
  }

  /**
   * Executes a block on its parent, which was executed before.
   * @param nowMs this machine's clock, against times from the future; null for a block that others made final
   * @throws RuleError, DecodeError when it is not a valid block there; UnavailableError when that cannot be told now
   */
  execute(block: Block, nowMs: bigint | null): Pending {
    const {header} = block;
    const known = this.#pending.get(blockIdOf(header));
    if (known) return known;
    const committed = this.ground(header.parentId);
    const {parent} = committed;
    const closes = this.endsEpoch(parent.id);
    const proposer = closes ? CLOSING_PROPOSER : this.proposerOf(header.view);
    if (header.epoch !== this.committee.epoch || header.proposer !== proposer)
      throw new RuleError(
        "HEADER_INVALID",
        `block ${header.height}: ${header.proposer} does not lead view ${header.view}`,
      );
    checkBatches(block, this.takenOn(parent.id));
    const ground = {parent, committed, block: this.nextBlock(header.timeMs, parent.id), closes};
    return this.#pending.add(block, verifyBlock(block, ground, {...this.ports, nowMs}));
  }

  /**
   * Makes an executed child of the tip final.
   * @param closing the certified blocks on it that ended the epoch, where it is the last of one
   */
  async commit(id: string, certificate: Certificate, closing: EpochRow["closing"] = []): Promise<void> {
    if (this.#busy) throw new InvariantError("two commits at once");
    this.#busy = true;
    try {
      const pending = this.#pending.get(id);
      if (!pending || pending.block.header.parentId !== this.tip.id || certificate.blockId !== id)
        throw new InvariantError(`block ${id} cannot be committed on ${this.tip.id}`);
      const ends = this.endsEpoch(id);
      await this.#commit(pending, certificate, ends ? this.#begun(pending, closing) : null);
      this.#pending.remove(id);
      if (ends) {
        this.#pending.clear();
        this.#voters = this.#electedIn(this.state);
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Forgets executed blocks that can no longer become final. */
  forget(ids: readonly string[]): void {
    for (const id of ids) this.#pending.remove(id);
  }

  #electedIn(state: State): Voters {
    const elected = votersOf(state);
    return {validators: elected, committee: this.#committeeOf(epochOf(state).number, elected)};
  }

  #committeeOf(epoch: bigint, voters: readonly Voter[]): Committee {
    const {leaderRotation: rotation, quorum} = this.params.rules;
    return new Committee(epoch, voters, {rotation, quorum});
  }

  /** Who voted for the block at the tip, which may be the last of an epoch. */
  #votersOfTip(): Committee {
    const {epoch} = this.tip;
    if (epoch === this.committee.epoch) return this.committee;
    const elected =
      epoch === 0n ? this.ports.genesis.validators : this.ports.store.epoch(epoch)!.validatorSet.validators;
    return this.#committeeOf(epoch, elected);
  }

  /** What is kept of the epoch that begins behind `pending`. */
  #begun({result: {state}, tree}: Pending, closing: EpochRow["closing"]): EpochRow {
    const {number, originHeight} = epochOf(state);
    const {siblings} = proveLeaf(tree, pathOf(epochs.name, EPOCH_KEY));
    return {number, originHeight, validatorSet: proveValidators(state, tree), siblings, closing};
  }

  /** Holds the stored tip to its own digests. @throws UnavailableError DATABASE_CORRUPT */
  async #checkTip(): Promise<void> {
    const {height, id} = this.tip;
    const broken = (what: string, cause?: unknown): never => {
      throw new UnavailableError("DATABASE_CORRUPT", `stored block ${height}: ${what}`, {
        hint: "restore the data directory from a copy",
        cause,
      });
    };
    const header = this.ports.store.header(height);
    if (!header || blockIdOf(header) !== id) return broken("the header does not give its id");
    if (height === 0n) return;
    const parent = this.ports.store.header(height - 1n);
    if (!parent || blockIdOf(parent) !== header.parentId) return broken("the parent is not there");
    try {
      const stored = await this.ports.store.block(height);
      if (stored!.certificate.blockId !== id) broken("the certificate is of another block");
      this.#check(stored!.certificate);
    } catch (cause) {
      broken("the body or the certificate does not hold", cause);
    }
  }

  #check(certificate: Certificate): void {
    const {chainId} = this.params;
    checkCertificate(certificate, {chainId, committee: this.#votersOfTip(), verify: this.ports.verifyVote});
  }

  async #commit(
    {block, result, changes, tree, parent, extension, held}: Pending,
    certificate: Certificate,
    epoch: EpochRow | null,
  ): Promise<void> {
    const {id, height, stateRoot, receiptsRoot} = parent;
    const packed = await this.ports.store.pack(block);
    this.ports.log.debug({height, id}, "commit begins");
    this.ports.store.commit(
      {
        id,
        block,
        certificate,
        stateRoot,
        receiptsRoot,
        changes,
        receipts: result.receipts,
        slashes: slashesIn(result.events),
        events: this.ports.journal.entries({id, header: block.header, result}),
        epoch,
        settled: [...new Set([...held, ...extension.settled])],
      },
      packed,
    );
    this.ports.log.debug({height, id}, "commit ends");
    result.state.merge();
    this.#taken.add(block);
    this.committed = {state: this.committed.state, tree, held: result.held, parent};
    const committed: BlockCommitted = {
      height,
      blockId: id,
      timeMs: parent.timeMs,
      transactionCount: block.transactions.length,
      proofCount: block.proofs.length,
      receipts: result.receipts,
      events: result.events,
      batches: block.batches,
    };
    this.#publish(committed, extension);
  }

  /** The block is committed whatever a subscriber makes of it. */
  #publish(committed: BlockCommitted, extension: Extension): void {
    for (const subscriber of this.#subscribers) {
      try {
        subscriber(committed, extension);
      } catch (error) {
        this.ports.log.error({err: error, height: committed.height}, "a subscriber failed");
      }
    }
  }
}
