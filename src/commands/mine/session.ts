/** One run of the miner: its nodes, its devices, what it keeps between runs, and what it shows. */
import {randomBytes} from "node:crypto";
import {setTimeout as delay} from "node:timers/promises";
import {plain} from "../../codecs/bytes.js";
import {type QsdmError, RuleError, UnavailableError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {DagBuilder, DEFAULT_DAG_OPTIONS} from "../../node/mining/dag/builder.js";
import {DagCache} from "../../node/mining/dag/cache.js";
import {type EnrollmentWatchPorts, lookAtSource, watchEnrollment} from "../../node/mining/enrollment-watch.js";
import {type GpuReading, readGpus, utilisation} from "../../node/mining/gpu-probe.js";
import {IdleGate, type MiningGate, OPEN_GATE} from "../../node/mining/idle-gate.js";
import {Miner} from "../../node/mining/miner.js";
import {minerNodeOf} from "../../node/mining/node-client.js";
import {Tally} from "../../node/mining/tally.js";
import {TipFeed} from "../../node/mining/tip-feed.js";
import type {Io} from "../io.js";
import {parseMetricsAddress, serveMetrics} from "../metrics-server.js";
import {attester} from "./attester.js";
import {type Equipment, equip} from "./equipment.js";
import {minerRegistry} from "./metrics.js";
import {
  type MineFlags,
  payeeOf,
  required,
  signedHeightsOf,
  signingKeyPath,
  type Terms,
  tableSettingsOf,
  termsOf,
} from "./terms.js";
import {TotalsFile} from "./totals-file.js";
import {createMineView, type MineEvent} from "./view.js";

/** Time between two savings of the sums. */
const SAVE_MS = 60_000;
/** Time between two readings of the GPUs. */
const GPU_MS = 10_000;

const nowMs = (): number => performance.now();
const sleep = (ms: number, signal: AbortSignal): Promise<void> => delay(ms, undefined, {signal}).catch(() => undefined);

/**
 * Mines for `clients`, in the order of preference, until enough proofs are accepted or the command is interrupted.
 * Resolves with the proofs that were accepted.
 */
export async function mine(io: Io, flags: MineFlags, clients: readonly Client[]): Promise<number> {
  const terms = await firstTerms(clients, required(flags.nodeId, "--node-id"));
  const metrics = flags.metrics === undefined ? null : parseMetricsAddress(flags.metrics);
  payeeOf(flags, terms);
  const totals = new TotalsFile(io, `${signingKeyPath(flags, terms)}.totals`);
  const before = await totals.load();
  const equipment = await equip(io, flags);
  const {fleet} = equipment;
  const stopping = new AbortController();
  const signal = AbortSignal.any([io.signal, stopping.signal]);
  const tally = new Tally({devices: () => fleet.states(), nowMs, before});
  let gpus: readonly GpuReading[] = [];
  try {
    const changed = (mayMine: boolean): void => told({type: mayMine ? "resumed" : "paused"});
    const idle = flags.idleOnly
      ? new IdleGate(idleOptions(flags), {sample: () => utilisation(), nowMs, sleep, changed})
      : null;
    const parts = {clients, terms, equipment, gate: idle ?? OPEN_GATE, signal};
    const miner = await minerOf(io, flags, {...parts, told: (event) => told(event)});
    const server =
      metrics && (await serveMetrics(minerRegistry({stats: () => tally.stats(), gpus: () => gpus}), metrics));
    const view = createMineView(io, {tally, gpus: () => gpus});
    let source: string | null = null;
    const told = (event: MineEvent): void => {
      if (event.type === "source" && event.state === "used") source = event.source;
      tally.note(event);
      view.told(event);
    };
    const saving = setInterval(() => void totals.save(tally.stats().totals), SAVE_MS);
    let refusal: QsdmError | null = null;
    const ended = (error: QsdmError): void => {
      refusal = error;
      stopping.abort();
    };
    const watching = watchRig(
      {flags, terms, look: () => lookAtSource(clients, source, terms.record.nodeId)},
      signal,
      (event) => {
        told(event);
        if (event.phase !== "active") ended(notActive(terms.record.nodeId, event.phase));
      },
    );
    void idle?.watch(signal);
    void watchGpus(signal, (readings) => {
      gpus = readings;
    });
    try {
      await miner.run(signal);
      if (refusal !== null) throw refusal;
      return miner.accepted;
    } finally {
      stopping.abort();
      // A request that the end cuts off is no trouble any more.
      await watching.catch(() => undefined);
      clearInterval(saving);
      server?.close();
      view.close();
      await totals.save(tally.stats().totals);
    }
  } finally {
    stopping.abort();
    await fleet.close();
  }
}

/** What the first node that answers says of the rig. @throws what `termsOf` throws */
async function firstTerms(clients: readonly Client[], nodeId: string): Promise<Terms> {
  let last: unknown;
  for (const client of clients)
    try {
      return await termsOf(client, nodeId);
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      last ??= error;
    }
  throw last;
}

interface MinerParts {
  readonly clients: readonly Client[];
  readonly terms: Terms;
  readonly equipment: Equipment;
  readonly gate: MiningGate;
  /** Ends what runs beside the miner. */
  readonly signal: AbortSignal;
  readonly told: (event: MineEvent) => void;
}

async function minerOf(
  io: Io,
  flags: MineFlags,
  {clients, terms, equipment, gate, signal, told}: MinerParts,
): Promise<Miner> {
  const {backend, fleet} = equipment;
  const heights = signedHeightsOf(flags, terms);
  const {dagDir, memory} = await tableSettingsOf(io, flags);
  const cache = new DagCache(dagDir, (message) => io.warn(message));
  const {forkTensorHeight, strict, record, chainId} = terms;
  return new Miner(
    {
      address: payeeOf(flags, terms),
      boundNodeId: strict ? record.nodeId : null,
      batchCount: flags.batchCount,
      maxProofs: flags.proofs ?? null,
      forkTensorHeight,
      pollMs: flags.poll,
    },
    {
      gate,
      nodes: clients.map((client) => minerNodeOf({client, chainId, tips: new TipFeed(client, signal)})),
      solver: fleet,
      attest: await attester(io, flags, terms, backend),
      claim: (height) => heights.claim(height),
      dag: new DagBuilder(
        {...DEFAULT_DAG_OPTIONS, threads: flags.threads, memory, searches: true},
        {backend, cache, nowMs},
      ),
      randomNonce: () => plain(randomBytes(16)),
      nowMs,
      sleep,
      told,
    },
  );
}

/** Looks at the rig's record until `signal` aborts; 0 looks never. */
async function watchRig(
  {flags, terms, look}: {flags: MineFlags; terms: Terms; look: EnrollmentWatchPorts["look"]},
  signal: AbortSignal,
  changed: (event: Extract<MineEvent, {type: "enrollment"}>) => void,
): Promise<void> {
  const {nodeId, phase} = terms.record;
  const intervalMs = flags.enrollmentPoll;
  if (intervalMs === 0) return;
  const ports: EnrollmentWatchPorts = {look, sleep, changed: (change) => changed({type: "enrollment", ...change})};
  await watchEnrollment({nodeId, intervalMs, phase}, ports, signal);
}

/** Reads the GPUs until `signal` aborts, where there are any. */
async function watchGpus(signal: AbortSignal, read: (readings: readonly GpuReading[]) => void): Promise<void> {
  for (;;) {
    const readings = await readGpus();
    if (signal.aborted || readings.length === 0) return;
    read(readings);
    await sleep(GPU_MS, signal);
  }
}

const idleOptions = ({idleThreshold, idleGrace, idlePoll}: MineFlags) => ({
  thresholdPct: idleThreshold,
  graceMs: idleGrace,
  intervalMs: Math.max(1_000, idlePoll),
});

const notActive = (nodeId: string, phase: string): RuleError =>
  new RuleError("MINER_NOT_ACTIVE", `node ${nodeId} is ${phase}: its proofs would be refused`, {
    hint: "qsdm enrollment-status shows its record",
  });
