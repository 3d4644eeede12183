/** Blocks that were executed and are not final: a tree of overlays above the committed state. */

import {hexOf} from "../codecs/bytes.js";
import {type Block, blockIdOf} from "../codecs/chain/block.js";
import {InvariantError} from "../errors.js";
import {type Parent, receiptsRootOf} from "./ledger/chain/assemble.js";
import type {Ancestor} from "./ledger/chain/contract.js";
import type {RunResult} from "./ledger/chain/run.js";
import type {HashAll} from "./ledger/state/hashing.js";
import {type Change, leafChanges} from "./ledger/state/state.js";
import {rootOf, type TreeNode, updateTree} from "./ledger/state/tree.js";
import type {Extension} from "./proposal.js";
import type {Committed} from "./stored-chain.js";

/** One executed block. */
export interface Pending {
  readonly block: Block;
  readonly result: RunResult;
  readonly changes: readonly Change[];
  readonly tree: TreeNode;
  /** What its children say of it. */
  readonly parent: Parent;
  /** What its builder, if that was this node, found could not be included. */
  readonly extension: Extension;
  /** Ids of its transactions and proofs. */
  readonly held: ReadonlySet<string>;
}

const NOTHING: Extension = {dropped: [], settled: []};

export class PendingBlocks {
  readonly #byId = new Map<string, Pending>();

  constructor(
    private readonly tip: () => Committed,
    private readonly hashAll: HashAll,
  ) {}

  get(id: string): Pending | undefined {
    return this.#byId.get(id);
  }

  /** State and books after a block: pending, or the committed one. @throws InvariantError when it is neither */
  ground(id: string): Committed {
    const tip = this.tip();
    if (id === tip.parent.id) return tip;
    const pending = this.#byId.get(id);
    if (!pending) throw new InvariantError(`block ${id} was not executed`);
    const {result, tree, parent} = pending;
    return {state: result.state, held: result.held, tree, parent};
  }

  /** Blocks from `id` down to the first that is not final. */
  *branch(id: string): Generator<Pending> {
    for (let each = this.#byId.get(id); each; each = this.#byId.get(each.block.header.parentId)) yield each;
  }

  /** A block on the branch of `id`, when it is not final. */
  ancestor(id: string, height: bigint): Ancestor | null {
    for (const {parent} of this.branch(id)) if (parent.height === height) return parent;
    return null;
  }

  add(block: Block, result: RunResult, extension: Extension = NOTHING): Pending {
    const {height, epoch, view, timeMs, parentId} = block.header;
    const changes = result.state.changes();
    const tree = updateTree(this.ground(parentId).tree, leafChanges(changes, this.hashAll), this.hashAll);
    const id = blockIdOf(block.header);
    const stateRoot = hexOf(rootOf(tree));
    const parent = {id, height, epoch, view, timeMs, stateRoot, receiptsRoot: receiptsRootOf(result, this.hashAll)};
    const held = new Set(result.transactions.map(({txId}) => txId));
    for (const event of result.events) if (event.type === "proof-rewarded") held.add(event.proofId);
    const pending: Pending = {block, result, changes, tree, parent, extension, held};
    this.#byId.set(id, pending);
    return pending;
  }

  /** Forgets every block: an epoch ended, and nothing goes on from any of them. */
  clear(): void {
    this.#byId.clear();
  }

  /** Forgets a block that became final, or never will. */
  remove(id: string): void {
    this.#byId.delete(id);
  }
}
