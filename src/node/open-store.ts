/** The store that a node's options ask for. */
import {UsageError} from "../errors.js";
import type {DataDir} from "./data-dir.js";
import {genesisBlock} from "./ledger/chain/genesis.js";
import type {NodeOptions} from "./node.js";
import type {CqlStore, CqlStoreFigures} from "./storage/cql/store.js";
import {SqliteStore, type SqliteStoreOptions} from "./storage/sqlite/store.js";

export type OpenStore = SqliteStore | CqlStore;

/**
 * Opens it.
 * @param opening what seals its values, and who is told when it is brought to this version
 * @param broken ends the node: its cluster refuses it for good
 * @param stopping aborts when the node stops
 * @throws UnavailableError as the engines do; UsageError CLUSTER_NOT_ENCRYPTED
 */
export async function openStore(
  {cluster, slashReceiptsMax, eventBlocksKept, storeCacheBytes: cacheBytes}: NodeOptions,
  dir: DataDir,
  {cells, upgraded}: Required<Pick<SqliteStoreOptions, "cells" | "upgraded">>,
  broken: (error: unknown) => void,
  stopping: AbortSignal,
): Promise<OpenStore> {
  const options = {path: dir.databasePath, slashReceiptsMax, eventBlocksKept, cacheBytes, cells, upgraded};
  if (cluster === null) return SqliteStore.open(options);
  if (cells.keyId !== null) throw clusterInClear();
  // A node without a cluster does not load its code.
  const {CqlStore} = await import("./storage/cql/store.js");
  const {id: chain} = genesisBlock(dir.genesis);
  return CqlStore.open({...options, linkPath: dir.clusterPath, chain, cluster}, broken, stopping);
}

/** A cluster gets bodies, votes and receipts in clear. */
export const clusterInClear = (): UsageError =>
  new UsageError("CLUSTER_NOT_ENCRYPTED", "the store is encrypted, and a cluster would keep its history in clear", {
    hint: "run with --store sqlite, or bring the chain into a directory that is not encrypted (store export, store import)",
  });

/** Reads what a cluster does; null for a store without one. */
export const clusterFigures = (store: OpenStore): (() => CqlStoreFigures) | null =>
  "figures" in store ? () => store.figures() : null;
