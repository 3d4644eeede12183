/** The ledger as a part of the node: chain, pool, mining desk and what is told of them. */
import {availableParallelism} from "node:os";
import {Feed} from "./api/events/feed.js";
import {Journal} from "./api/events/journal.js";
import {signedRefusalOf} from "./api/events/refused-proof.js";
import {Relayed} from "./batches/relayed.js";
import {BodyCheck} from "./body-check.js";
import {Chain} from "./chain.js";
import type {ComputeBackend} from "./compute/backend.js";
import {contractsOf} from "./contracts.js";
import {Intake} from "./intake.js";
import type {NodeKeys} from "./keys-part.js";
import type {Contracts} from "./ledger/chain/contract.js";
import {chainParamsOf} from "./ledger/params/networks.js";
import {type HashAll, hashEach} from "./ledger/state/hashing.js";
import {admissionStack} from "./mempool/pool/admission.js";
import {Pool} from "./mempool/pool/pool.js";
import {DagBuilder, DEFAULT_DAG_OPTIONS} from "./mining/dag/builder.js";
import {DagCache} from "./mining/dag/cache.js";
import {RejectionFile} from "./mining/rejections/file.js";
import {Rejections} from "./mining/rejections/rejections.js";
import {TelemetryCheck} from "./mining/telemetry/telemetry.js";
import {MiningDesk} from "./mining-desk.js";
import type {Site} from "./site.js";

export interface Ledger {
  /** The quickest way at hand. */
  readonly hashAll: HashAll;
  readonly chain: Chain;
  readonly contracts: Contracts;
  readonly bodies: BodyCheck;
  readonly pool: Pool;
  readonly intake: Intake;
  readonly desk: MiningDesk;
  readonly feed: Feed;
  readonly rejections: Rejections;
  readonly relayed: Relayed;
  nowMs(): bigint;
  readonly telemetry: TelemetryCheck | null;
  /** Names who is told that there is something for a block. */
  onWork(wake: () => void): void;
}

function dagBuilderOf(backend: ComputeBackend, {options, ports: {log}, dir: {dagPath}}: Site): DagBuilder {
  const cache = new DagCache(dagPath, (message) => log.warn({}, message));
  // One thread of a verifier goes on verifying.
  const threads = Math.max(1, availableParallelism() - 1);
  const how = {threads, memory: options.tableMemory, searches: false};
  return new DagBuilder({...DEFAULT_DAG_OPTIONS, ...how}, {backend, cache, nowMs: () => performance.now()});
}

/** Batches pay in native code; a device takes longer to be asked than most levels of the state tree to be hashed. */
const hashAllBy = ({sha3Packed}: ComputeBackend): HashAll => sha3Packed ?? hashEach;

export async function openLedger(site: Site, keys: NodeKeys, backend: ComputeBackend): Promise<Ledger> {
  const {options, ports, dir, store, broken} = site;
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
    builder: dagBuilderOf(backend, site),
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
  const bodies = new BodyCheck(options.executionCheck, ports.log);
  const stack = contractsOf(params.rules);
  const contracts = new Map(stack.map((each) => [each.id, each]));
  const {log} = ports;
  const verifyProof = desk.verifyInBlock;
  const hashAll = hashAllBy(backend);
  const {run} = bodies;
  const given = {store, contracts, genesis, verifyProof, runBody: run, hashAll, journal, log};
  const chain: Chain = await Chain.open({...keys, ...given});
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
    contracts,
    verifyProof: (raw) => desk.verifyOffered(chain.state, raw, (nodeId, height) => intake.hasProof(nodeId, height)),
    nowMs,
    wake: () => wake(),
    failed: broken,
  });
  const relayed = new Relayed({
    key: keys.identity.publicKey,
    committee: () => chain.committee,
    nowMs: () => performance.now(),
    isWaiting: (id) => intake.isWaiting(id),
  });
  const onWork = (listener: () => void): void => {
    wake = listener;
  };
  return {hashAll, chain, contracts, bodies, pool, intake, desk, feed, rejections, relayed, telemetry, nowMs, onWork};
}

export const blockTimeMs = ({chain}: Ledger): number => chain.params.blockTimeSeconds * 1_000;
