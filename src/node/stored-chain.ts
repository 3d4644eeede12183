/** The chain between the store and memory: written once at genesis, read back at every start. */
import {hexOf} from "../codecs/bytes.js";
import type {Block} from "../codecs/chain/block.js";
import type {Genesis} from "../codecs/chain/genesis.js";
import {InvariantError, UnavailableError} from "../errors.js";
import {type Parent, receiptsRootOf} from "./ledger/chain/assemble.js";
import {genesisTree} from "./ledger/chain/genesis.js";
import {countDust, type HeldDust} from "./ledger/monetary/supply.js";
import type {HashAll} from "./ledger/state/hashing.js";
import {leafChanges, State, type Store} from "./ledger/state/state.js";
import {ALL_STORES} from "./ledger/state/stores.js";
import {rootOf, type TreeNode, updateTree} from "./ledger/state/tree.js";
import type {LedgerStore} from "./storage/store.js";

/** A committed state with everything that is derived from it, and the tip that it belongs to. */
export interface Committed {
  readonly state: State;
  readonly tree: TreeNode;
  readonly held: HeldDust;
  readonly parent: Parent;
}

/** Stores block 0 with the state that `genesis` describes. */
export async function storeGenesis(
  {store, genesis}: {readonly store: LedgerStore; readonly genesis: Genesis},
  {id, block}: {readonly id: string; readonly block: Block},
): Promise<void> {
  const {changes, tree} = genesisTree(genesis);
  store.commit(
    {
      id,
      block,
      certificate: {epoch: 0n, height: 0n, view: 0n, blockId: id, votes: []},
      stateRoot: hexOf(rootOf(tree)),
      receiptsRoot: receiptsRootOf({receipts: []}),
      changes,
      receipts: [],
      slashes: [],
      events: [],
      epoch: null,
      settled: [],
    },
    await store.pack(block),
  );
}

function decodeRow(store: Store<unknown>, {key, value}: {key: string; value: Uint8Array}): unknown {
  try {
    return store.codec.decode(value);
  } catch (cause) {
    throw new UnavailableError("DATABASE_CORRUPT", `stored state has a broken row ${store.name} ${key}`, {
      hint: "restore the data directory from a copy",
      cause,
    });
  }
}

/**
 * Reads the state back and holds it to the root that was stored with the tip.
 * @throws UnavailableError DATABASE_CORRUPT
 */
export function loadCommitted(store: LedgerStore, hashAll: HashAll): Committed {
  const head = store.head();
  if (!head) throw new InvariantError("a chain without a head");
  const base = new State();
  const loading = base.fork();
  for (const row of store.state()) {
    const known = ALL_STORES.get(row.store);
    if (!known) throw new UnavailableError("DATABASE_CORRUPT", `stored state has an unknown store ${row.store}`);
    loading.put(known, row.key, decodeRow(known, row));
  }
  const tree = updateTree(null, leafChanges(loading.changes(), hashAll), hashAll);
  if (hexOf(rootOf(tree)) !== head.stateRoot)
    throw new UnavailableError("DATABASE_CORRUPT", `stored state does not have root ${head.stateRoot}`, {
      hint: "restore the data directory from a copy",
    });
  loading.merge();
  const {id, header, stateRoot, receiptsRoot} = head;
  const {height, epoch, view, timeMs} = header;
  const parent = {id, height, epoch, view, timeMs, stateRoot, receiptsRoot};
  return {state: base, tree, held: countDust(base), parent};
}
