/** The parts of a node and how they are joined. */
import {UnavailableError} from "../errors.js";
import type {ApiServer} from "./api/server.js";
import {createApi} from "./api-part.js";
import type {BatchDesk} from "./batches/desk.js";
import {type Batches, createBatches} from "./batches-part.js";
import type {Chain} from "./chain.js";
import {type ComputeBackend, loadBackend} from "./compute/backend.js";
import type {ComputePool} from "./compute/pool.js";
import {openCompute} from "./compute-part.js";
import {DEFAULT_PACEMAKER} from "./consensus/hotstuff/pacemaker.js";
import {systemClock} from "./engine/clock.js";
import {Engine} from "./engine/engine.js";
import {FinalityDesk} from "./finality.js";
import type {Intake} from "./intake.js";
import type {SignedFile} from "./keys/signed-file.js";
import {loadKeys, type NodeKeys, type NodeRole, roleOf} from "./keys-part.js";
import {blockTimeMs, type Ledger, openLedger} from "./ledger-part.js";
import {isNetworked} from "./network/options.js";
import type {Network} from "./network/port.js";
import type {OpenStore} from "./open-store.js";
import {Pruning} from "./retention.js";
import type {Site} from "./site.js";
import {SnapshotDesk} from "./snapshots/desk.js";
import {Snapshots} from "./snapshots/periodic.js";
import {createWire, type Wire} from "./wire-part.js";

export interface NodeParts {
  readonly store: OpenStore;
  readonly chain: Chain;
  readonly intake: Intake;
  readonly engine: Engine;
  readonly batches: BatchDesk;
  readonly signed: SignedFile;
  readonly pruning: Pruning;
  readonly snapshots: Snapshots;
  readonly network: Network;
  /** What this node is now. */
  role(): NodeRole;
  readonly api: ApiServer;
  /** Threads for batches; null where the backend has none. */
  readonly compute: ComputePool | null;
}

/** Everything between the data directory and the sockets. */
export async function buildParts(site: Site): Promise<NodeParts> {
  const backend = await loadBackend();
  const compute = await openCompute(backend, site.options.verifyOn, site.ports.log);
  const keys = await loadKeys(site.dir, compute);
  try {
    return {...(await joinParts(site, keys, backend)), compute};
  } catch (error) {
    keys.signed.close();
    throw error;
  }
}

async function joinParts(site: Site, keys: NodeKeys, backend: ComputeBackend): Promise<Omit<NodeParts, "compute">> {
  const ledger = await openLedger(site, keys, backend);
  const {chain, intake, desk} = ledger;
  // Served meanwhile: until the table is there, work is refused and proofs wait.
  await desk.resume();
  desk.work.start(site.signal).catch(site.broken);
  const wire = await createWire(site, keys, ledger);
  const {engine, batches} = createEngine(site, keys, {...ledger, ...wire});
  chain.subscribe(() => {
    // Tried again after the next block.
    desk.work.prepareNext().catch((err: unknown) => site.ports.log.error({err}, "the next table could not be built"));
  });
  ledger.onWork(() => {
    batches.desk.wake();
    engine.wake();
  });
  for (const {id, error} of intake.resume())
    site.ports.log.warn({id, err: error}, "an acknowledged item no longer fits");
  wire.retelling.resume(site.store.waiting());
  const pruning = new Pruning(site.options.retention, {
    store: site.store,
    tipHeight: () => chain.tip.height,
    log: site.ports.log,
    failed: site.broken,
  });
  chain.subscribe(() => pruning.committed());
  if (isNetworked(site.options.network)) new SnapshotDesk(wire.network, site.dir.snapshotsPath);
  const snapshots = createSnapshots(site, {chain, engine});
  chain.subscribe(() => snapshots.committed());
  const api = createApi(site, keys, {...ledger, ...wire, engine, batches: batches.desk, pruning, snapshots});
  return {
    store: site.store,
    chain,
    intake,
    engine,
    batches: batches.desk,
    signed: keys.signed,
    pruning,
    snapshots,
    network: wire.network,
    role: () => roleOf(keys, chain),
    api,
  };
}

function createSnapshots(
  {options, ports, dir, store, broken}: Site,
  {chain, engine}: {readonly chain: Chain; readonly engine: Engine},
): Snapshots {
  const {genesis, snapshotsPath: shelf} = dir;
  const desk = new FinalityDesk({genesis, store, chain, newest: () => engine.newest()});
  return new Snapshots(options.snapshots, {
    genesis,
    store,
    shelf,
    prove: (height) => desk.prove(height),
    ground: () => ({height: chain.tip.height, id: chain.tip.id, tree: chain.tree}),
    isBehind: () => engine.sync().catchingUp,
    log: ports.log,
    nowMs: () => ports.nowMs(),
    failed: broken,
  });
}

function createEngine(
  {options, ports, store, broken}: Site,
  keys: NodeKeys,
  ledger: Ledger & Wire,
): {engine: Engine; batches: Batches} {
  const {chain, intake, nowMs} = ledger;
  const {voice, verifyVote} = keys;
  const votes = roleOf(keys, chain) === "validator";
  const networked = isNetworked(options.network);
  if (!votes && !networked)
    ports.log.warn(
      {height: chain.tip.height},
      "the key of this node is no validator's, and it was told of no other node: it stays at this height",
    );
  if (votes && chain.committee.size > 1 && !networked)
    throw new UnavailableError("NETWORK_REQUIRED", `this chain has ${chain.committee.size} validators`, {
      hint: "tell the node of the others with --listen, --peer or --bootstrap",
    });
  const intervalMs = blockTimeMs(ledger);
  const pace = options.pace ?? {intervalMs, minIntervalMs: intervalMs};
  const network = networked ? ledger.network : null;
  const common = {chain, store, network, verifyVote, clock: systemClock, nowMs, log: ports.log, failed: broken};
  const batches = createBatches({
    ...common,
    intake,
    relayed: ledger.relayed,
    identity: keys.identity,
    signatures: keys.signatures,
    hashAll: ledger.hashAll,
    minIntervalMs: pace.minIntervalMs,
    available: () => engine.batchCame(),
  });
  const engine: Engine = new Engine(
    {pace, pacemaker: DEFAULT_PACEMAKER},
    {
      ...common,
      batches: batches.feed,
      voice,
      equivocated: (proof) => intake.evidence.report(proof),
    },
  );
  return {engine, batches};
}
