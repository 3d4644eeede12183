/** How much of each kind of work this machine does, by every implementation that works here. */
import {ML_DSA_SEED_BYTES, ML_KEM_768} from "../../codecs/suite.js";
import {ENTRY_BYTES} from "../ledger/mining/dag.js";
import type {MixVersion} from "../ledger/mining/walk.js";
import type {ComputeBackend} from "./backend.js";
import {guardSizes, ML_DSA_LOADERS} from "./ml-dsa.js";
import {guardKem, ML_KEM_LOADERS} from "./ml-kem.js";

/** What is counted: messages of 64 bytes, entries of a table, attempts at a proof, signatures, handshakes of a session. */
export type Work = "sha3" | "table" | "walk" | "tensor-walk" | "verify" | "sign" | "key-agreement";

export interface Measurement {
  readonly work: Work;
  /** Name of the implementation. */
  readonly by: string;
  /** Does some of the work. @returns how much */
  run(): number;
}

export interface MeasureTerms {
  readonly timeMs: number;
  /** Milliseconds of a clock that never goes back. */
  nowMs(): number;
}

type RandomBytes = (size: number) => Uint8Array;

const MESSAGES = 1_024;
const MESSAGE_BYTES = 64;
const RUNS = 16;
const RUN_ENTRIES = 64;
/** Of a transaction as most of them are. */
const SIGNED_BYTES = 200;

/** How much a second brings, counted over whole runs of at least `timeMs` together. */
export function perSecond({run}: Measurement, {timeMs, nowMs}: MeasureTerms): number {
  // Once uncounted: code gets compiled, a device gets the table.
  run();
  const startMs = nowMs();
  let done = 0;
  let tookMs: number;
  do {
    done += run();
    tookMs = nowMs() - startMs;
  } while (tookMs < timeMs || tookMs === 0);
  return (done * 1_000) / tookMs;
}

/** What miners and state trees ask of a backend, on one thread. @param table entries of noise */
export function backendMeasurements(
  backend: ComputeBackend,
  {table, randomBytes}: {readonly table: Uint8Array; readonly randomBytes: RandomBytes},
): readonly Measurement[] {
  const messages = Array.from({length: MESSAGES}, () => randomBytes(MESSAGE_BYTES));
  const runs = Array.from({length: RUNS}, () => ({
    previous: randomBytes(ENTRY_BYTES),
    index: 1,
    into: new Uint8Array(RUN_ENTRIES * ENTRY_BYTES),
  }));
  // A target that nothing meets: every attempt is made.
  const job = {headerHash: randomBytes(32), batchRoot: randomBytes(32), target: 1n, table};
  const walks = (mix: MixVersion) => (): number =>
    backend.solveSlice({...job, mix}, randomBytes(16), backend.sliceAttempts).attempts;
  const by = backend.name;
  return [
    {work: "sha3", by, run: () => backend.sha3(messages).length},
    {
      work: "table",
      by,
      run() {
        backend.extendDags(runs);
        return RUNS * RUN_ENTRIES;
      },
    },
    {work: "walk", by, run: walks(1)},
    {work: "tensor-walk", by, run: walks(2)},
  ];
}

/** What a node asks of each implementation of ML-DSA-87 and ML-KEM-768 that works here, one call after the other. */
export async function keyMeasurements(randomBytes: RandomBytes): Promise<readonly Measurement[]> {
  const measurements: Measurement[] = [];
  for (const load of Object.values(ML_DSA_LOADERS)) {
    const backend = await load(87);
    if (!backend) continue;
    const {name: by, ...suite} = guardSizes(87, backend);
    const {publicKey, secretKey} = suite.keygenFromSeed(randomBytes(ML_DSA_SEED_BYTES));
    const held = suite.hold(secretKey);
    const message = randomBytes(SIGNED_BYTES);
    const signature = held.sign(message);
    measurements.push(
      {work: "verify", by, run: () => Number(suite.verify(publicKey, message, signature))},
      {work: "sign", by, run: () => Math.sign(held.sign(message).length)},
    );
  }
  for (const load of Object.values(ML_KEM_LOADERS)) {
    const backend = await load();
    if (!backend) continue;
    const kem = guardKem(backend);
    measurements.push({
      work: "key-agreement",
      by: kem.name,
      run() {
        const {publicKey, secretKey} = kem.keygen(randomBytes(ML_KEM_768.keygenSeedBytes));
        const {ciphertext} = kem.encapsulate(publicKey, randomBytes(ML_KEM_768.encapsulationSeedBytes));
        return Math.sign(kem.decapsulate(ciphertext, secretKey).length);
      },
    });
  }
  return measurements;
}
