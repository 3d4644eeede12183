/** Which backend mines here: the one that was asked for, or the fastest of those that compute what the rules do. */
import {bytesOfHex, equalBytes, hexOf} from "../../codecs/bytes.js";
import {QsdmError, UnavailableError, UsageError} from "../../errors.js";
import {
  ALL_BACKEND_NAMES,
  allowedBackends,
  type BackendName,
  type ComputeBackend,
  openBackend,
} from "../compute/backend.js";
import {markCount} from "../ledger/mining/checkpoints.js";
import {buildDag, ENTRY_BYTES} from "../ledger/mining/dag.js";
import {solveSlice} from "../ledger/mining/solve.js";
import {mixDigest} from "../ledger/mining/walk.js";
import {tryBackends} from "./backend-trial.js";

/** What `--backend` takes besides the names of backends. */
export const AUTO = "auto";

/** Header bytes 00 to 1f and nonce bytes a0 to af over the 64 entries of epoch 0 and a zero root: QSDM's own constant. */
const KNOWN = {
  start: {
    headerHash: Uint8Array.from({length: 32}, (_, i) => i),
    nonce: Uint8Array.from({length: 16}, (_, i) => 0xa0 + i),
  },
  tensorMix: bytesOfHex("ef9319a6134aeb9b77f315427ec81cdbc40a03c60414284864a3e9bbd68153f4"),
} as const;
const KNOWN_ENTRIES = 64;
const INTERVAL = 8;
/** Enough for one in sixteen to be among them. */
const ATTEMPTS = 99;

/** A machine without a GPU, or without optional packages, has nothing that ought to be mended. */
const NOTHING_AMISS = new Set(["WEBGPU_UNAVAILABLE", "GPUJS_UNAVAILABLE"]);

/** The backend to use, and those that had to be left out. */
export interface BackendChoice {
  readonly backend: ComputeBackend;
  readonly refused: readonly QsdmError[];
}

/**
 * @param wanted a backend's name, or `auto`
 * @throws UsageError BACKEND_UNKNOWN; UnavailableError saying why it cannot be used, SELF_TEST_FAILED
 */
export async function chooseBackend(wanted: string, open = openBackend): Promise<BackendChoice> {
  if (wanted !== AUTO) {
    const backend = await open(backendName(wanted));
    checkBackend(backend);
    return {backend, refused: []};
  }
  const refused: QsdmError[] = [];
  const usable: ComputeBackend[] = [];
  let last: QsdmError | null = null;
  for (const name of allowedBackends()) {
    // It takes a second to try, and never beats code made for the processor.
    if (name === "gpujs" && usable.some((each) => each.name !== "cpu")) continue;
    let opened: ComputeBackend | undefined;
    try {
      opened = await open(name);
      checkBackend(opened);
      usable.push(opened);
    } catch (error) {
      opened?.close?.();
      if (!(error instanceof QsdmError)) throw error;
      last = error;
      if (!NOTHING_AMISS.has(error.code)) refused.push(error);
    }
  }
  const {fastest, failures} = tryBackends(usable);
  for (const each of usable) if (each !== fastest) each.close?.();
  if (!fastest) throw failures.at(-1) ?? last!;
  return {backend: fastest, refused: [...refused, ...failures]};
}

/** @throws UsageError BACKEND_UNKNOWN */
function backendName(wanted: string): BackendName {
  const name = ALL_BACKEND_NAMES.find((each) => each === wanted);
  if (name) return name;
  throw new UsageError("BACKEND_UNKNOWN", `there is no backend ${wanted}`, {
    hint: `use --backend ${[AUTO, ...ALL_BACKEND_NAMES].join(", ")}`,
  });
}

/**
 * Compares a backend with the rules' own code and with QSDM's recorded digest.
 * @throws UnavailableError SELF_TEST_FAILED: its work would be refused
 */
export function checkBackend(given: ComputeBackend): void {
  const backend = given.bare ?? given;
  const fail = (what: string): never => {
    throw new UnavailableError("SELF_TEST_FAILED", `backend ${backend.name}: ${what}`, {
      hint: "do not mine with it on this machine: its proofs would be refused",
    });
  };
  const seed = {epoch: 0n, workSetRoot: new Uint8Array(32), entries: KNOWN_ENTRIES};
  const table = buildDag(seed);
  const built = table.slice();
  const previous = built.slice(0, ENTRY_BYTES);
  backend.extendDags([{previous, index: 1, into: built.fill(0, ENTRY_BYTES).subarray(ENTRY_BYTES)}]);
  if (!equalBytes(built, table)) fail("its table is another one");

  const {start, tensorMix} = KNOWN;
  const marks = new Uint8Array(markCount(KNOWN_ENTRIES, INTERVAL) * ENTRY_BYTES);
  for (let at = 0; at < KNOWN_ENTRIES; at += INTERVAL)
    marks.set(table.subarray(at * ENTRY_BYTES, (at + 1) * ENTRY_BYTES), (at / INTERVAL) * ENTRY_BYTES);
  const [tensor] = backend.mixDigests(table, [start], 2);
  if (!equalBytes(tensor!, tensorMix)) fail("the tensor walk does not give the recorded digest");
  for (const dag of [table, {entries: KNOWN_ENTRIES, interval: INTERVAL, marks}])
    for (const mix of backend.mixDigests(dag, [start, start, start], 1))
      if (!equalBytes(mix, mixDigest(table, start, 1))) fail("it walks another way");

  const job = {...start, batchRoot: new Uint8Array(32), target: 1n << 252n, table, mix: 1} as const;
  const [theirs, ours] = [backend, {solveSlice}].map((each) => each.solveSlice(job, start.nonce, ATTEMPTS));
  const textOf = ({solution, attempts}: typeof theirs & object): string =>
    `${attempts} ${solution && hexOf(solution.nonce) + hexOf(solution.mixDigest)}`;
  if (textOf(theirs!) !== textOf(ours!)) fail("its search finds something else");
}
