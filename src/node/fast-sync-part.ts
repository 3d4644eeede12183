/** Fast sync before a node is built: over a network of its own, which asks and serves nothing. */
import {rm} from "node:fs/promises";
import type {LightChain} from "../codecs/chain/light.js";
import {UnavailableError, UsageError} from "../errors.js";
import {loadHashAll} from "./compute/backend.js";
import type {DataDir} from "./data-dir.js";
import {loadKeys} from "./keys-part.js";
import {isNetworked} from "./network/options.js";
import {NetworkTally} from "./network/tally.js";
import {createNetwork} from "./network-part.js";
import type {NodeOptions, NodePorts} from "./node.js";
import {FastSync} from "./snapshots/fast/fast-sync.js";
import type {Cells} from "./storage/seal/cells.js";
import {RestoringStore} from "./storage/sqlite/restore.js";
import type {SqliteStoreOptions} from "./storage/sqlite/store.js";

/** What the operator trusts besides the genesis. */
export interface FastSyncTrust {
  readonly checkpoints: LightChain | null;
  readonly acceptOld: boolean;
}

interface FastSyncSite {
  readonly ports: NodePorts;
  readonly dir: DataDir;
  readonly cells: Cells;
  readonly signal: AbortSignal;
}

/**
 * Fills the database of a node that has no chain yet from a snapshot of its peers, where the options ask for it. A node that
 * has one goes on from where it is.
 * @throws UsageError FAST_SYNC_CLUSTER; UnavailableError NETWORK_REQUIRED; as `FastSync.run` says
 */
export async function fastSync(options: NodeOptions, site: FastSyncSite): Promise<void> {
  const {fastSync: trust, cluster, network, slashReceiptsMax, eventBlocksKept} = options;
  if (trust === null) return;
  const {ports, dir, cells, signal} = site;
  const {log} = ports;
  if (cluster !== null)
    throw new UsageError("FAST_SYNC_CLUSTER", "a cluster has to have every block, and a snapshot brings none", {
      hint: "leave --fast-sync off, or run with --store sqlite",
    });
  const database = {path: dir.databasePath, cells, slashReceiptsMax, eventBlocksKept};
  if (!(await RestoringStore.isFree(database))) {
    // What a node left that was killed behind the last part.
    await rm(dir.fastSyncPath, {recursive: true, force: true});
    return;
  }
  if (!isNetworked({...network, listen: []}))
    throw new UnavailableError("NETWORK_REQUIRED", "fast sync takes a snapshot from other nodes", {
      hint: "tell the node of others with --peer or --bootstrap",
    });
  const height = await overNetwork(options, trust, database, site);
  signal.throwIfAborted();
  if (height !== null) return log.info({height}, "fast sync ended: newer blocks are taken one by one");
  RestoringStore.discard(dir.databasePath);
  log.warn({}, "no peer has a snapshot: every block is taken from the genesis on");
}

async function overNetwork(
  options: NodeOptions,
  trust: FastSyncTrust,
  database: SqliteStoreOptions,
  {ports, dir, signal}: FastSyncSite,
): Promise<bigint | null> {
  const {genesis} = dir;
  const {log, nowMs, version} = ports;
  const hashAll = await loadHashAll();
  const {identity, verifyVote, signed} = await loadKeys(dir, null);
  try {
    const network = await createNetwork({
      // Whoever finds nothing here does not have to find the door.
      options: {...options.network, listen: []},
      genesis,
      identity,
      verifyVote,
      bookPath: dir.peersPath,
      version,
      log,
      nowMs,
      voters: () => genesis.validators.map(({publicKey}) => publicKey),
      meter: new NetworkTally(),
    });
    try {
      await network.start(signal);
      return await new FastSync({
        ...trust,
        genesis,
        network,
        database,
        log,
        signal,
        nowMs: BigInt(nowMs()),
        verifyVote,
        hashAll,
        folder: dir.fastSyncPath,
        shelf: dir.snapshotsPath,
        monotonicMs: () => performance.now(),
      }).run();
    } finally {
      await network.stop();
    }
  } finally {
    signed.close();
  }
}
