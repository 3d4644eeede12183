/**
 * The chain of this node: committed state, tip, and the one way to extend them. Candidates are run on overlays by the
 * ledger's rules; this file owns the order of effects: vote, write, merge, tell.
 */

import {hexOf} from "../codecs/bytes.js";
import {type Block, blockIdOf, type Certificate, type Header} from "../codecs/chain/block.js";
import type {Genesis} from "../codecs/chain/genesis.js";
import type {VerifySignature} from "../codecs/suite.js";
import {InvariantError, UnavailableError} from "../errors.js";
import type {Settled} from "./api/events/derive.js";
import {checkCertificate, voteBytes} from "./consensus/votes/certificate.js";
import {Committee} from "./consensus/votes/committee.js";
import {type Parent, receiptsRootOf} from "./ledger/chain/assemble.js";
import {checkGenesis} from "./ledger/chain/check-genesis.js";
import type {BlockContext} from "./ledger/chain/contract.js";
import {type BlockCommitted, slashesIn} from "./ledger/chain/events.js";
import {genesisBlock} from "./ledger/chain/genesis.js";
import type {RunPorts, RunResult} from "./ledger/chain/run.js";
import {assertSupply, type HeldDust, supplyOf} from "./ledger/monetary/supply.js";
import type {ChainParams} from "./ledger/params/chain-params.js";
import {chainParamsOf} from "./ledger/params/networks.js";
import {leafChange, type State} from "./ledger/state/state.js";
import {validators} from "./ledger/state/stores.js";
import {rootOf, type TreeNode, updateTree} from "./ledger/state/tree.js";
import {type Candidate, type Extension, propose, verifyBlock} from "./proposal.js";
import type {Log} from "./service.js";
import type {LedgerStore, LoggedEvent} from "./storage/store.js";
import {type Committed, loadCommitted, storeGenesis} from "./stored-chain.js";

/** What the chain needs from outside the rules. */
export interface ChainPorts extends RunPorts {
  readonly store: LedgerStore;
  readonly genesis: Genesis;
  readonly verifyTransaction: VerifySignature;
  readonly verifyVote: VerifySignature;
  /** Signs a vote with this validator's ML-DSA-44 key; `index` is its place in the validator set. */
  readonly voter: {readonly index: number; sign(message: Uint8Array): Uint8Array};
  /** What is told of a block, to be written with it. */
  readonly journal: {entries(settled: Settled): readonly LoggedEvent[]};
  readonly log: Pick<Log, "debug" | "error">;
}

/** Called after a block is on disk and merged. */
export type Subscriber = (committed: BlockCommitted) => void;

export class Chain {
  readonly params: ChainParams;
  readonly #subscribers: Subscriber[] = [];
  readonly #committee: Committee;
  #busy = false;

  private constructor(
    private readonly ports: ChainPorts,
    private committed: Committed,
  ) {
    this.params = chainParamsOf(ports.genesis);
    const voters = [...committed.state.keys(validators)].map((key) => committed.state.get(validators, key)!);
    const {leaderRotation: rotation, quorum} = this.params.rules;
    this.#committee = new Committee(0n, voters, {rotation, quorum});
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
    const chain = new Chain(ports, loadCommitted(ports.store));
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

  subscribe(subscriber: Subscriber): void {
    this.#subscribers.push(subscriber);
  }

  /** The block that could come next, as rules see it. */
  nextBlock(timeMs: bigint): BlockContext {
    return {
      params: this.params,
      height: this.tip.height + 1n,
      timeMs,
      verifySignature: this.ports.verifyTransaction,
      headerId: (height) => {
        const header = this.ports.store.header(height);
        return header && blockIdOf(header);
      },
    };
  }

  /**
   * Builds the next block from what is waiting, votes for it and commits it.
   * @returns what was refused for good, and the ids of everything that needs to wait no longer
   */
  async extend(candidate: Candidate): Promise<Extension> {
    if (this.#busy) throw new InvariantError("two blocks at once");
    this.#busy = true;
    try {
      return await this.#extend(candidate);
    } finally {
      this.#busy = false;
    }
  }

  async #extend(candidate: Candidate): Promise<Extension> {
    const timeMs = candidate.timeMs > this.tip.timeMs ? candidate.timeMs : this.tip.timeMs + 1n;
    const {committed} = this;
    const ground = {
      parent: committed.parent,
      committed,
      block: this.nextBlock(timeMs),
      seal: {epoch: 0n, view: committed.parent.view + 1n, proposer: this.#voter().account},
    };
    const {block, dropped, settled} = propose(candidate, ground, this.ports);
    const result = verifyBlock(block, ground, {...this.ports, nowMs: candidate.timeMs});
    await this.#commit(block, result, {settled, certificate: this.#certify(block.header)});
    return {dropped, settled};
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

  #voter(): {account: string} {
    const key = this.ports.voter.index.toString().padStart(8, "0");
    const voter = this.state.get(validators, key);
    if (!voter) throw new InvariantError(`validator ${this.ports.voter.index} is not in the set`);
    return voter;
  }

  #certify(header: Header): Certificate {
    const {chainId, epoch, height, view} = header;
    const vote = {epoch, height, view, blockId: blockIdOf(header)};
    const signature = this.ports.voter.sign(voteBytes({chainId, ...vote}));
    const certificate: Certificate = {...vote, votes: [{validator: this.ports.voter.index, signature}]};
    this.#check(certificate);
    return certificate;
  }

  #check(certificate: Certificate): void {
    const {chainId} = this.params;
    checkCertificate(certificate, {chainId, committee: this.#committee, verify: this.ports.verifyVote});
  }

  async #commit(
    block: Block,
    result: RunResult,
    {certificate, settled}: {certificate: Certificate; settled: readonly string[]},
  ): Promise<void> {
    const id = blockIdOf(block.header);
    const changes = result.state.changes();
    const tree = updateTree(this.committed.tree, changes.map(leafChange));
    const parent: Parent = {
      id,
      height: block.header.height,
      epoch: block.header.epoch,
      view: block.header.view,
      timeMs: block.header.timeMs,
      stateRoot: hexOf(rootOf(tree)),
      receiptsRoot: receiptsRootOf(result),
    };
    const {stateRoot, receiptsRoot} = parent;
    const packed = await this.ports.store.pack(block);
    this.ports.log.debug({height: parent.height, id}, "commit begins");
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
        settled,
      },
      packed,
    );
    this.ports.log.debug({height: parent.height, id}, "commit ends");
    result.state.merge();
    this.committed = {state: this.committed.state, tree, held: result.held, parent};
    this.#publish({
      height: parent.height,
      blockId: id,
      timeMs: parent.timeMs,
      transactionCount: block.transactions.length,
      proofCount: block.proofs.length,
      receipts: result.receipts,
      events: result.events,
    });
  }

  /** The block is committed whatever a subscriber makes of it. */
  #publish(committed: BlockCommitted): void {
    for (const subscriber of this.#subscribers) {
      try {
        subscriber(committed);
      } catch (error) {
        this.ports.log.error({err: error, height: committed.height}, "a subscriber failed");
      }
    }
  }
}
