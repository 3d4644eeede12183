/** The parts of a node and how they are joined: keys, ledger, block production, API. */
import {randomBytes} from "node:crypto";
import {availableParallelism} from "node:os";
import {equalBytes, hexOf, plain} from "../codecs/bytes.js";
import {sha256} from "../codecs/hash.js";
import type {VerifySignature} from "../codecs/suite.js";
import {UnavailableError} from "../errors.js";
import {Feed} from "./api/events/feed.js";
import {Journal} from "./api/events/journal.js";
import {signedRefusalOf} from "./api/events/refused-proof.js";
import {NgcDesk} from "./api/ngc/desk.js";
import {DEFAULT_API_OPTIONS} from "./api/options.js";
import type {ApiPorts, LedgerView} from "./api/ports.js";
import {ApiServer} from "./api/server.js";
import {Chain} from "./chain.js";
import {type ComputeBackend, loadBackend} from "./compute/backend.js";
import {loadMlDsa} from "./compute/ml-dsa.js";
import {type ComputePool, DEFAULT_POOL_LIMITS} from "./compute/pool.js";
import {DEFAULT_PACEMAKER} from "./consensus/hotstuff/pacemaker.js";
import {contractsOf} from "./contracts.js";
import type {DataDir} from "./data-dir.js";
import {systemClock} from "./engine/clock.js";
import {Engine} from "./engine/engine.js";
import type {ValidatorVoice} from "./engine/ports.js";
import {FinalityDesk} from "./finality.js";
import {Intake} from "./intake.js";
import {judgeSlash} from "./judge-slash.js";
import {SignedFile} from "./keys/signed-file.js";
import {VoteSigner} from "./keys/vote-signer.js";
import {chainParamsOf} from "./ledger/params/networks.js";
import {transactionOfId} from "./ledger/state/tx-ids.js";
import {admissionStack} from "./mempool/pool/admission.js";
import {Pool} from "./mempool/pool/pool.js";
import {NodeMetrics} from "./metrics/registry.js";
import {DagBuilder, DEFAULT_DAG_OPTIONS} from "./mining/dag/builder.js";
import {DagCache} from "./mining/dag/cache.js";
import {RejectionFile} from "./mining/rejections/file.js";
import {Rejections} from "./mining/rejections/rejections.js";
import {TelemetryCheck} from "./mining/telemetry/telemetry.js";
import {MiningDesk} from "./mining-desk.js";
import {isNetworked} from "./network/options.js";
import type {Network} from "./network/port.js";
import type {Identity} from "./network/session/certificate.js";
import {NetworkTally} from "./network/tally.js";
import {createNetwork} from "./network-part.js";
import type {NodeOptions, NodePorts} from "./node.js";
import {type PoolChannel, PoolGossip} from "./pool-gossip.js";
import {Pulse} from "./pulse.js";
import {Retelling} from "./retelling.js";
import {rememberValid} from "./signature-cache.js";
import {SignatureDesk} from "./signature-desk.js";
import type {SqliteStore} from "./storage/sqlite/store.js";
import {viewOf} from "./view.js";

/** What a node is built from. */
export interface Site {
  readonly options: NodeOptions;
  readonly ports: NodePorts;
  readonly dir: DataDir;
  readonly store: SqliteStore;
  /** Ends what the node does in the background. */
  readonly signal: AbortSignal;
  /** The node cannot go on. */
  broken(error: unknown): void;
}

export interface NodeParts {
  readonly store: SqliteStore;
  readonly chain: Chain;
  readonly intake: Intake;
  readonly engine: Engine;
  /** Null for a node that only follows. */
  readonly signed: SignedFile | null;
  readonly network: Network;
  readonly role: NodeRole;
  readonly api: ApiServer;
  /** Threads for batches; null where the backend has none. */
  readonly compute: ComputePool | null;
}

/** Everything between the data directory and the sockets. */
export async function buildParts(site: Site): Promise<NodeParts> {
  const backend = await loadBackend();
  const compute = backend.openPool?.({...DEFAULT_POOL_LIMITS, threads: availableParallelism()}) ?? null;
  const keys = await loadKeys(site.dir, compute);
  try {
    return {...(await joinParts(site, keys, backend)), compute};
  } catch (error) {
    keys.signed?.close();
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
  const engine = createEngine(site, keys, {...ledger, ...wire});
  chain.subscribe(() => {
    // Tried again after the next block.
    desk.work.prepareNext().catch((err: unknown) => site.ports.log.error({err}, "the next table could not be built"));
  });
  ledger.onWork(() => engine.wake());
  for (const {id, error} of intake.resume())
    site.ports.log.warn({id, err: error}, "an acknowledged item no longer fits");
  wire.retelling?.resume(site.store.waiting());
  const api = createApi(site, keys, {...ledger, ...wire, engine});
  const role = roleOf(keys);
  return {store: site.store, chain, intake, engine, signed: keys.signed, network: wire.network, role, api};
}

/** The network with what is counted of it and what is told over it. */
interface Wire {
  readonly network: Network;
  readonly tally: NetworkTally;
  readonly gossip: PoolGossip;
  /** Null for a validator, which puts what it took into blocks itself. */
  readonly retelling: Retelling | null;
  readonly ngc: NgcDesk | null;
}

async function createWire({options, ports, dir}: Site, keys: NodeKeys, ledger: Ledger): Promise<Wire> {
  const {chain, intake, desk} = ledger;
  const {identity, verifyVote} = keys;
  const {log, nowMs, version} = ports;
  const tally = new NetworkTally();
  const network = await createNetwork({
    options: options.network,
    genesis: dir.genesis,
    identity,
    verifyVote,
    bookPath: dir.peersPath,
    version,
    log,
    nowMs,
    voters: () =>
      viewOf(chain)
        .validators()
        .map(({publicKey}) => publicKey),
    meter: tally,
  });
  const ngc = ngcDeskOf(options, ports);
  const isWaiting = (nodeId: string, height: bigint): boolean => intake.hasProof(nodeId, height);
  const gossip = new PoolGossip({
    network,
    isOpen: () => ngc?.passPeers() ?? true,
    takeTransaction: (bytes) => intake.submit(bytes),
    takeProof: (bytes) => intake.submitProof(bytes, (raw) => desk.verifyRelayed(chain.state, raw, isWaiting)),
  });
  const retelling = keys.voice ? null : new Retelling({network, bytesOf: (id) => intake.waitingBytes(id)});
  chain.subscribe(() => retelling?.committed());
  return {network, tally, gossip, retelling, ngc};
}

/** The node's voice, and the checks of everybody's signatures. */
interface NodeKeys {
  /** What other nodes know this one by: its own key, with which a validator votes. */
  readonly identity: Identity;
  /** Null where the key is no voter's: the node follows. */
  readonly voice: ValidatorVoice | null;
  readonly signed: SignedFile | null;
  readonly verifyVote: VerifySignature;
  readonly verifyTransaction: VerifySignature;
  readonly signatures: SignatureDesk;
  /** What the node calls itself: the start of its key's digest. */
  readonly nodeId: string;
}

async function loadKeys({genesis, validatorSeed, signedPath}: DataDir, pool: ComputePool | null): Promise<NodeKeys> {
  const signatures = new SignatureDesk((await loadMlDsa(87)).verify, pool);
  const votes = await loadMlDsa(44);
  const {publicKey, secretKey} = votes.keygenFromSeed(validatorSeed);
  const key = votes.hold(secretKey);
  secretKey.fill(0);
  const index = genesis.validators.findIndex((each) => equalBytes(each.publicKey, publicKey));
  const signed = index < 0 ? null : SignedFile.open(signedPath);
  return {
    identity: {publicKey, sign: key.sign},
    signatures,
    verifyTransaction: signatures.verify,
    verifyVote: rememberValid(votes.verify),
    voice: signed && new VoteSigner(index, key.sign, signed),
    signed,
    nodeId: hexOf(sha256(publicKey)).slice(0, 16),
  };
}

export type NodeRole = "validator" | "follower";
const roleOf = ({voice}: NodeKeys): NodeRole => (voice ? "validator" : "follower");

interface Ledger {
  readonly chain: Chain;
  readonly pool: Pool;
  readonly intake: Intake;
  readonly desk: MiningDesk;
  readonly feed: Feed;
  readonly rejections: Rejections;
  nowMs(): bigint;
  readonly telemetry: TelemetryCheck | null;
  /** Names who is told that there is something for a block. */
  onWork(wake: () => void): void;
}

function dagBuilderOf(backend: ComputeBackend, {dagPath}: DataDir, {log}: NodePorts): DagBuilder {
  const cache = new DagCache(dagPath, (message) => log.warn({}, message));
  // One thread of a verifier goes on verifying.
  const threads = Math.max(1, availableParallelism() - 1);
  return new DagBuilder({...DEFAULT_DAG_OPTIONS, threads}, {backend, cache, nowMs: () => performance.now()});
}

async function openLedger(
  {options, ports, dir, store, broken}: Site,
  keys: NodeKeys,
  backend: ComputeBackend,
): Promise<Ledger> {
  const params = chainParamsOf(dir.genesis);
  const nowMs = (): bigint => BigInt(ports.nowMs());
  const {challengeKey, genesis} = dir;
  const journal = new Journal();
  const verifySignature = keys.verifyTransaction;
  const file = new RejectionFile({path: dir.rejectionsPath, ...options.rejections});
  const rejections = new Rejections(options.rejections, {file, log: ports.log});
  const telemetry = options.telemetry && new TelemetryCheck(options.telemetry);
  const desk = new MiningDesk({
    store,
    params,
    challengeKey,
    verifySignature,
    backend,
    builder: dagBuilderOf(backend, dir, ports),
    tableKind: options.tableKind,
    deniedGpus: options.deniedGpus,
    rejections,
    log: ports.log,
    nowMs,
    tipHeight: () => chain.tip.height,
    accepted: (proof) => telemetry?.observe(proof, nowMs()),
    refused(rejection, entry) {
      if (entry) journal.noteRejection(entry);
      const signed = signedRefusalOf(rejection, {state: chain.state, params, verifySignature, journal});
      if (signed) journal.noteRefusedProof(signed);
    },
  });
  const stack = contractsOf(params.rules);
  const contracts = new Map(stack.map((each) => [each.id, each]));
  const {log} = ports;
  const verifyProof = desk.verifyInBlock;
  const chain: Chain = await Chain.open({...keys, store, contracts, genesis, verifyProof, journal, log});
  const feed = new Feed(store, () => chain.tip.height);
  chain.subscribe(() => feed.committed());
  const pool = new Pool(options.pool);
  let wake: () => void = () => undefined;
  const intake: Intake = new Intake({
    chain,
    pool,
    store,
    signatures: keys.signatures,
    admit: admissionStack(stack, contracts),
    verifyProof: (raw) => desk.verifyOffered(chain.state, raw, (nodeId, height) => intake.hasProof(nodeId, height)),
    nowMs,
    wake: () => wake(),
    failed: broken,
  });
  const onWork = (listener: () => void): void => {
    wake = listener;
  };
  return {chain, pool, intake, desk, feed, rejections, telemetry, nowMs, onWork};
}

const blockTimeMs = ({chain}: Ledger): number => chain.params.blockTimeSeconds * 1_000;

function createEngine(
  {options, ports, store, broken}: Site,
  {voice, verifyVote}: NodeKeys,
  ledger: Ledger & Wire,
): Engine {
  const {chain, intake, nowMs} = ledger;
  const networked = isNetworked(options.network);
  if (!voice && !networked)
    ports.log.warn(
      {height: chain.tip.height},
      "the key of this node is no validator's, and it was told of no other node: it stays at this height",
    );
  if (voice && chain.committee.size > 1 && !networked)
    throw new UnavailableError("NETWORK_REQUIRED", `this chain has ${chain.committee.size} validators`, {
      hint: "tell the node of the others with --listen, --peer or --bootstrap",
    });
  const intervalMs = blockTimeMs(ledger);
  const pace = options.pace ?? {intervalMs, minIntervalMs: intervalMs};
  return new Engine(
    {pace, pacemaker: DEFAULT_PACEMAKER},
    {
      chain,
      store,
      intake,
      voice,
      network: networked ? ledger.network : null,
      verifyVote,
      clock: systemClock,
      nowMs,
      log: ports.log,
      equivocated: () => undefined,
      failed: broken,
    },
  );
}

function createApi(
  {options, ports, dir, store}: Site,
  keys: NodeKeys,
  {engine, ...ledger}: Ledger & Wire & {readonly engine: Engine},
): ApiServer {
  const {chain, pool, ngc, network, tally} = ledger;
  const metrics = new NodeMetrics({
    view: () => viewOf(chain),
    poolSize: () => pool.size,
    tableReady: () => ledger.desk.work.tableReady,
    ngc,
    wire: {network, tally},
  });
  const pulse = new Pulse(Math.max(10 * blockTimeMs(ledger), 30_000), () => performance.now());
  chain.subscribe((committed) => metrics.observe(committed));
  ledger.telemetry?.subscribe((verdict) => metrics.judged(verdict));
  ledger.rejections.subscribe((claim, outcome) => metrics.rejected(claim, outcome));
  chain.subscribe(() => pulse.beat());
  const {version, commit} = ports;
  const finality = new FinalityDesk({genesis: dir.genesis, store, newest: () => engine.newest()});
  const info = {nodeId: keys.nodeId, role: roleOf(keys), version, commit, startedAtMs: ports.nowMs()};
  return new ApiServer(
    {...DEFAULT_API_OPTIONS, ...options.api},
    {
      node: {...portsOf(ledger), store, finality, ngc, network, info, now: () => ports.nowMs()},
      scrape: () => metrics.scrape(),
      healthy: () => pulse.beats(),
      monotonicMs: () => performance.now(),
      log: ports.log,
      answered: (what) => metrics.answered(what),
      streaming: (open) => metrics.streaming(open),
      streamEnded: (code) => metrics.streamEnded(code),
    },
  );
}

const ngcDeskOf = ({ngc}: NodeOptions, {nowMs}: NodePorts): NgcDesk | null =>
  ngc === null ? null : new NgcDesk(ngc, {nowMs, randomBytes: (size) => plain(randomBytes(size))});

/** The ledger as the API sees it. */
function portsOf(ledger: Ledger & Wire): Omit<ApiPorts, "store" | "finality" | "ngc" | "network" | "info" | "now"> {
  const {chain, pool, intake, desk, feed, rejections, telemetry, nowMs, gossip, retelling} = ledger;
  const announce = (channel: PoolChannel, id: string, bytes: Uint8Array): void => {
    gossip.announce(channel, bytes);
    retelling?.keep(channel, id);
  };
  const view = (): LedgerView => viewOf(chain);
  return {
    view,
    async submit(envelope) {
      const taken = await intake.submit(envelope);
      announce("transactions", taken.txId, envelope);
      return taken;
    },
    async submitCompat(door, body) {
      const {txId, carried} = await intake.submitCompat(door, body);
      announce("transactions", carried.txId, carried.bytes);
      return {txId};
    },
    transactionOfId: (clientId) => transactionOfId(chain.state, clientId),
    poolSize: () => pool.size,
    nextNonce: (address) => pool.nextNonce(address, intake.nonceOf),
    challenge: (asked) => desk.challenge(chain.state, asked),
    work: (height) => desk.work.at(chain.state, height),
    submitProof: (raw) =>
      desk.answer(async () => {
        const accepted = await intake.submitProof(raw);
        announce("proofs", accepted.proofIdHex, raw);
        return accepted;
      }),
    telemetry,
    recentRejections: (query) => rejections.list(query),
    feed,
    judgeSlash: (payload) => judgeSlash(payload, {chain, offences: intake.offences, nowMs}),
  };
}
