import {setImmediate as nextTurn} from "node:timers/promises";
import type {Command} from "commander";
import type {Capability, ComputeBackend} from "../node/compute/backend.js";
import type {Measurement, MeasureTerms, Work} from "../node/compute/measure.js";
import {ENTRY_BYTES} from "../node/ledger/mining/dag.js";
import {COMPUTE_ENVIRONMENT} from "./compute-environment.js";
import {defineCommand} from "./define.js";
import {countFlag, durationFlag} from "./flags.js";
import type {Io} from "./io.js";
import type {Progress} from "./progress.js";

interface Flags {
  readonly time: number;
  readonly entries: number;
}

interface Figure {
  readonly work: Work;
  readonly by: string;
  readonly per_second: number;
}

/** 64 MiB: no processor keeps it in its cache. */
const ENTRIES = 2 ** 21;
const ENTRIES_MAX = 2 ** 26;
/** What the generator gives at once. */
const RANDOM_BYTES_MAX = 65_536;
const UNIT: Readonly<Record<Work, string>> = {
  sha3: "messages of 64 bytes",
  table: "entries",
  walk: "attempts",
  "tensor-walk": "attempts",
  verify: "signatures",
  sign: "signatures",
  "key-agreement": "sessions",
};

export const benchCommand = (io: Io): Command =>
  defineCommand("bench", {
    summary: "measure what this machine computes, and by what",
    description:
      "Measures every backend and every implementation of signatures and key agreement that works here, one after the other, " +
      "on one thread each: SHA3-256, the building of a mining table, attempts at a proof with both mixes, ML-DSA-87 " +
      "verified and signed with one key, and the key agreement of a session, ML-KEM-768 from key pair to shared secret. " +
      "Prints a line for each: what, by whom, how many in a second, of what. What cannot be used here is told with its " +
      "reason.\n\n" +
      "Measure a machine at rest. A miner with several threads does a little less than so many times the attempts; a main " +
      "network's table has 67,108,864 entries, whose reads take longer than those of the one here.",
    examples: [
      {does: "how fast would this machine mine?", run: "qsdm bench"},
      {does: "with a table of a main network's size", run: "qsdm bench --entries 67108864"},
      {does: "one backend alone, for a program", run: "QSDM_COMPUTE=wasm qsdm bench --json"},
    ],
    exit: {130: "Interrupted."},
    environment: COMPUTE_ENVIRONMENT,
    seeAlso: ["version", "mine"],
  })
    .option("--time <duration>", "how long each is measured", durationFlag, 500)
    .option("--entries <number>", "entries of the table, of 32 bytes each", countFlag(2, ENTRIES_MAX), ENTRIES)
    .action(async ({time, entries}: Flags) => {
      const {capabilities} = await import("../node/compute/backend.js");
      const {mlDsaChoice} = await import("../node/compute/ml-dsa-capabilities.js");
      const {mlKemChoice} = await import("../node/compute/ml-kem-capabilities.js");
      const found = {compute: await capabilities(), ml_dsa: await mlDsaChoice(), ml_kem: await mlKemChoice()};
      const figures = await measured(io, found.compute, {entries, timeMs: time});
      const others = [...found.compute, ...found.ml_dsa.implementations, ...found.ml_kem.implementations];
      for (const each of others)
        if (!each.usable) io.note(`${"backend" in each ? each.backend : each.implementation}: ${each.detail}`);
      io.result(
        {time_ms: time, entries, figures, ...found},
        figures.map(({work, by, per_second}) => [work, by, per_second, UNIT[work]]),
      );
    });

async function measured(
  io: Io,
  found: readonly Capability[],
  {entries, timeMs}: {readonly entries: number; readonly timeMs: number},
): Promise<readonly Figure[]> {
  const {openBackend} = await import("../node/compute/backend.js");
  const {backendMeasurements, keyMeasurements} = await import("../node/compute/measure.js");
  const {randomBytes} = io.host;
  const terms = {timeMs, nowMs: () => performance.now()};
  const progress = io.progress("measuring");
  const backends: ComputeBackend[] = [];
  try {
    for (const {backend, usable} of found) if (usable) backends.push(await openBackend(backend));
    const table = new Uint8Array(new SharedArrayBuffer(entries * ENTRY_BYTES));
    for (const backend of backends) backend.prepareTable(table);
    for (let at = 0; at < table.length; at += RANDOM_BYTES_MAX)
      table.set(randomBytes(Math.min(RANDOM_BYTES_MAX, table.length - at)), at);
    const all = backends.flatMap((backend) => backendMeasurements(backend, {table, randomBytes}));
    return await figuresOf([...all, ...(await keyMeasurements(randomBytes))], terms, {io, progress});
  } finally {
    for (const backend of backends) backend.close?.();
    progress.done();
  }
}

async function figuresOf(
  measurements: readonly Measurement[],
  terms: MeasureTerms,
  {io, progress}: {readonly io: Io; readonly progress: Progress},
): Promise<readonly Figure[]> {
  const {perSecond} = await import("../node/compute/measure.js");
  const figures: Figure[] = [];
  for (const each of measurements) {
    progress.tick(`measuring ${each.work} by ${each.by}`);
    // For a signal, and for the spinner.
    await nextTurn();
    io.signal.throwIfAborted();
    figures.push({work: each.work, by: each.by, per_second: Math.round(perSecond(each, terms))});
  }
  return figures;
}
