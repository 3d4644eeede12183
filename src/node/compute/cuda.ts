/**
 * Hashing on a CUDA device. What is too small to be worth a launch, and all that a device is not for, is done by the
 * backend beside it. Calls wait for the device, so searches belong on threads.
 */
import {concat} from "../../codecs/bytes.js";
import {InvariantError, UnavailableError} from "../../errors.js";
import type {Dag} from "../ledger/mining/checkpoints.js";
import type {Slice, SolveJob} from "../ledger/mining/solve.js";
import type {ComputeBackend} from "./backend.js";
import {breakEvenOf} from "./cuda/break-even.js";
import {
  type CudaDevice,
  type CudaLibrary,
  type CudaTable,
  describeDevice,
  loadCuda,
  NOT_YET_RUN,
} from "./native/cuda-library.js";
import {dagArguments, fits, HASH_BYTES, limitOf, NONCE_BYTES, packed, packedStarts, slices} from "./native/forms.js";

/** Attempts of a slice for each multiprocessor: a quarter of a tenth of a second of the plain walk on an H200. */
const SLICE_ATTEMPTS = 10_240;
/** Bytes of the messages that the break-even is measured with: those of a short transaction's hash. */
const TRIAL_BYTES = 64;

/** @throws UnavailableError CUDA_UNAVAILABLE, NATIVE_UNAVAILABLE */
export function createCudaBackend(number: number, host: ComputeBackend): ComputeBackend {
  const {library, devices} = loadCuda();
  const device = devices[number];
  if (device) return cudaBackendOn({library, number, device}, host);
  throw new UnavailableError("CUDA_UNAVAILABLE", `backend cuda: there is no device ${number}`, {
    hint: "qsdm mine --device list shows those that there are",
  });
}

/** One device of a library. */
export interface CudaPlace {
  readonly library: CudaLibrary;
  readonly number: number;
  readonly device: CudaDevice;
}

/** The backend on one device; `host` does what stays on the CPU. */
export function cudaBackendOn(place: CudaPlace, host: ComputeBackend): ComputeBackend {
  const {library, number, device} = place;
  const tables = new TableOnDevice(place);
  const bare: ComputeBackend = {
    ...host,
    name: "cuda",
    detail: `${describeDevice(device)}; ${NOT_YET_RUN}`,
    sliceAttempts: SLICE_ATTEMPTS * device.multiprocessors,
    sha3(messages) {
      if (!fits(messages)) return host.sha3(messages);
      const {bytes, ends} = packed(messages);
      const digests = new Uint8Array(messages.length * HASH_BYTES);
      library.sha3(number, bytes, ends, digests);
      return slices(digests, messages.length);
    },
    mixDigests(dag, starts, version) {
      const flat = packedStarts(starts);
      if (!flat) return host.mixDigests(dag, starts, version);
      const mixes = new Uint8Array(starts.length * HASH_BYTES);
      library.walk(tables.of(dag), version, flat, mixes);
      return slices(mixes, starts.length);
    },
    solveSlice: (job, start, attempts) =>
      ofProtocol(job) ? solve(library, tables, {job, start, attempts}) : host.solveSlice(job, start, attempts),
    openPool: null,
    close: () => tables.drop(),
  };
  const nowMs = (): number => performance.now();
  let hashesFrom: number | undefined;
  const worthHashing = (count: number): boolean => {
    const message = new Uint8Array(TRIAL_BYTES);
    const of =
      ({sha3}: ComputeBackend) =>
      (size: number): void =>
        void sha3(new Array<Uint8Array>(size).fill(message));
    hashesFrom ??= breakEvenOf({host: of(host), device: of(bare), nowMs});
    return count >= hashesFrom;
  };
  let walksFrom: number | undefined;
  const worthWalking = (dag: Dag, count: number): boolean => {
    // A table is not built for a few walks: verifying has no device's table, and mining has it already.
    if (!tables.has(dag)) return false;
    const start = {headerHash: new Uint8Array(HASH_BYTES), nonce: new Uint8Array(NONCE_BYTES)};
    const of =
      ({mixDigests}: ComputeBackend) =>
      (size: number): void =>
        void mixDigests(dag, new Array(size).fill(start), 1);
    walksFrom ??= breakEvenOf({host: of(host), device: of(bare), nowMs});
    return count >= walksFrom;
  };
  return {
    ...bare,
    bare,
    sha3: (messages) => (worthHashing(messages.length) ? bare : host).sha3(messages),
    mixDigests: (dag, starts, version) =>
      (worthWalking(dag, starts.length) ? bare : host).mixDigests(dag, starts, version),
  };
}

/** The one table that a device holds: the next one takes its place before it is copied. */
class TableOnDevice {
  #held: {readonly dag: Dag; readonly table: CudaTable} | null = null;

  constructor(private readonly place: CudaPlace) {}

  has(dag: Dag): boolean {
    return this.#held?.dag === dag;
  }

  of(dag: Dag): CudaTable {
    if (this.#held?.dag === dag) return this.#held.table;
    this.drop();
    const {library, number} = this.place;
    const bytes = dagArguments(dag);
    if (!bytes) throw new InvariantError("a table that a device cannot be given");
    const table = library.createTable(number, ...bytes);
    this.#held = {dag, table};
    return table;
  }

  drop(): void {
    if (this.#held) this.place.library.destroyTable(this.#held.table);
    this.#held = null;
  }
}

/** Of another form, or with nothing to find, the rules' own code is as good. */
const ofProtocol = ({headerHash, batchRoot, target}: SolveJob): boolean =>
  headerHash.length === HASH_BYTES && batchRoot.length === HASH_BYTES && target > 0n;

function solve(
  library: CudaLibrary,
  tables: TableOnDevice,
  {job, start, attempts}: {job: SolveJob; start: Uint8Array; attempts: number},
): Slice {
  const {headerHash, batchRoot, target, table, mix} = job;
  const found = new Uint8Array(NONCE_BYTES + HASH_BYTES);
  const fixed = concat(headerHash, batchRoot);
  const took = library.search(tables.of(table), mix, fixed, limitOf(target), start, attempts, found);
  if (took === 0) return {solution: null, attempts};
  return {solution: {nonce: found.slice(0, NONCE_BYTES), mixDigest: found.slice(NONCE_BYTES)}, attempts: took};
}
