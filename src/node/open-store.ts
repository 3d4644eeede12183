/** The store that a node's options ask for. */
import type {DataDir} from "./data-dir.js";
import {genesisBlock} from "./ledger/chain/genesis.js";
import type {NodeOptions} from "./node.js";
import type {CqlStore, CqlStoreFigures} from "./storage/cql/store.js";
import {SqliteStore} from "./storage/sqlite/store.js";

export type OpenStore = SqliteStore | CqlStore;

/**
 * Opens it.
 * @param broken ends the node: its cluster refuses it for good
 * @param stopping aborts when the node stops
 * @throws UnavailableError as the engines do
 */
export async function openStore(
  {cluster, slashReceiptsMax, eventBlocksKept}: NodeOptions,
  dir: DataDir,
  broken: (error: unknown) => void,
  stopping: AbortSignal,
): Promise<OpenStore> {
  const options = {path: dir.databasePath, slashReceiptsMax, eventBlocksKept};
  if (cluster === null) return SqliteStore.open(options);
  // A node without a cluster does not load its code.
  const {CqlStore} = await import("./storage/cql/store.js");
  const {id: chain} = genesisBlock(dir.genesis);
  return CqlStore.open({...options, linkPath: dir.clusterPath, chain, cluster}, broken, stopping);
}

/** Reads what a cluster does; null for a store without one. */
export const clusterFigures = (store: OpenStore): (() => CqlStoreFigures) | null =>
  "figures" in store ? () => store.figures() : null;
