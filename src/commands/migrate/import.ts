import {existsSync} from "node:fs";
import type {Command} from "commander";
import {utf8} from "../../codecs/bytes.js";
import {DecodeError, UsageError} from "../../errors.js";
import type {Archive} from "../../node/storage/migrate/qsdm/archive.js";
import type {ImportReport} from "../../node/storage/migrate/qsdm/import.js";
import {defineCommand} from "../define.js";
import {countFlag} from "../flags.js";
import type {Io} from "../io.js";
import {successDocument, type Text} from "../output.js";
import {Telling} from "../telling.js";
import {openSources, type Sources} from "./sources.js";

interface Flags {
  readonly chain?: string;
  readonly database?: string;
  readonly out?: string;
  readonly dryRun: boolean;
  readonly stats: boolean;
  readonly verify: boolean;
  readonly resume: boolean;
  readonly rate?: number;
  readonly batch: number;
  readonly report?: string;
}

export const migrateImportCommand = (io: Io): Command =>
  defineCommand("migrate import", {
    summary: "bring the history of a QSDM chain over, checked block by block",
    description:
      "Reads the block journal of a QSDM node, its SQLite database, or both, and writes an archive: one SQLite file with every " +
      "block byte for byte, the place of every transaction, every transfer of the wallet route, and every account with its " +
      "balance and nonces. Stop the node first, or work on a copy.\n\n" +
      "Every block is held to its canonical form, its hash, its parent and its height; the first that does not fit ends the " +
      "import with exit status 3 and its place. What is merely odd is counted by kind and told: rows that do not open, ids " +
      "that come twice, nonces with gaps, books that differ. A block of QSDM commits to ids of transactions only, so bodies, " +
      "fees and signatures are copied and not vouched for. The archive is history: no node runs on it.\n\n" +
      "Batches are written whole. An import that was interrupted goes on with --resume, which also takes what the source has " +
      "gained since. --dry-run reads and checks everything, into a file without a name that is gone at the end, and says how " +
      "long the import will take; --stats only counts. The sources are opened read only; SQLite may leave two empty files, " +
      "-shm and -wal, beside a database.",
    examples: [
      {does: "what is there?", run: "qsdm migrate import --database qsdm.db --stats"},
      {
        does: "a rehearsal, then the import",
        run: "qsdm migrate import --chain qsdm_chain.ndjson --database qsdm.db --dry-run",
      },
      {
        does: "with a report for the records, read back at the end",
        run: "qsdm migrate import --chain qsdm_chain.ndjson --out history.db --verify --report import.json",
      },
      {does: "go on after Ctrl-C", run: "qsdm migrate import --chain qsdm_chain.ndjson --out history.db --resume"},
    ],
    exit: {
      3: "A block does not fit, or --verify found what was written to differ from what was read.",
      4: "The disk is full or cannot be written.",
      130: "Interrupted; --resume goes on behind the last batch.",
    },
    seeAlso: ["inspect", "node init"],
  })
    .option("--chain <path>", "the journal, qsdm_chain.ndjson in the node's state directory")
    .option("--database <path>", "the SQLite database of the node's wallet route")
    .option("--out <path>", "file for the archive")
    .option("--dry-run", "read and check everything, and keep nothing", false)
    .option("--stats", "count what is there, and check nothing", false)
    .option("--verify", "read the archive back at the end, and hold it to what was read", false)
    .option("--resume", "go on with the archive at --out", false)
    .option("--rate <rows>", "most rows in a second (default: as many as it goes)", countFlag(1, 100_000_000))
    .option("--batch <rows>", "rows that are written at once", countFlag(1, 100_000), 1_000)
    .option("--report <path>", "file for the report as JSON")
    .action(async (flags: Flags) => (flags.stats ? countOnly(io, flags) : importAll(io, flags)));

/** @throws UsageError */
function checkFlags({chain, database, out, dryRun, stats, resume, verify}: Flags): void {
  if (chain === undefined && database === undefined)
    throw new UsageError("IMPORT_SOURCE_REQUIRED", "what is to be read?", {hint: "pass --chain, --database or both"});
  const keepsNothing = dryRun || stats;
  if (keepsNothing && (resume || verify || out !== undefined))
    throw new UsageError("FLAG_CONFLICT", `--${stats ? "stats" : "dry-run"} writes nothing`, {
      hint: "leave out --out, --resume and --verify",
    });
  if (keepsNothing) return;
  if (out === undefined)
    throw new UsageError("IMPORT_TARGET_REQUIRED", "where does the archive go?", {hint: "pass --out, or --dry-run"});
  if (resume && !existsSync(out))
    throw new UsageError("FILE_NOT_FOUND", `${out} does not exist`, {hint: "leave out --resume to begin"});
  if (!resume && existsSync(out))
    throw new UsageError("FILE_EXISTS", `${out} already exists`, {
      hint: "pass --resume to go on with it, or choose another path",
    });
}

/** What of a report goes to --report as well. */
async function answer(io: Io, {report}: Flags, data: object, text: Text): Promise<void> {
  if (report !== undefined) await io.writeFile(report, utf8(successDocument(data, [])), {force: true});
  io.result(data, text);
}

async function countOnly(io: Io, flags: Flags): Promise<void> {
  checkFlags(flags);
  const sources = await openSources(flags);
  const telling = new Telling(io, "counting");
  try {
    const {countSources} = await import("./count.js");
    const {data, text} = await countSources(sources, io.signal);
    telling.done();
    await answer(io, flags, data, text);
  } finally {
    telling.done();
    await sources.close();
  }
}

async function importAll(io: Io, flags: Flags): Promise<void> {
  checkFlags(flags);
  const {Archive} = await import("../../node/storage/migrate/qsdm/archive.js");
  const {importHistory} = await import("../../node/storage/migrate/qsdm/import.js");
  const sources = await openSources(flags);
  let archive: Archive | undefined;
  const telling = new Telling(io, flags.dryRun ? "rehearsing" : "importing");
  try {
    archive = Archive.open(flags.dryRun ? "" : flags.out!);
    const report = await importHistory(
      {batchRows: flags.batch, rate: flags.rate ?? null},
      {...sources, archive, progress: telling.tell},
      io.signal,
    );
    if (flags.verify) await checkArchive(archive, sources, flags.out!);
    telling.done();
    for (const {kind, count, first} of report.anomalies) io.warn(`${kind}: ${count}, first at ${first}`);
    await answer(io, flags, documentOf(flags, report, sources), textOf(report));
  } finally {
    telling.done();
    await sources.close();
    archive?.close();
  }
}

async function checkArchive(archive: Archive, {compression}: Sources, path: string): Promise<void> {
  const {verifyArchive} = await import("../../node/storage/migrate/qsdm/verify.js");
  const wrong = await verifyArchive(archive, compression);
  if (wrong.length > 0)
    throw new DecodeError("IMPORT_VERIFY_FAILED", `${path} does not hold what was read: ${wrong.join("; ")}`, {
      hint: "delete it and import again; should it happen twice, check the disk",
      details: {wrong},
    });
}

function documentOf({dryRun, verify, out}: Flags, report: ImportReport, {schema}: Sources): object {
  const {blocks, transfers, accounts, anomalies, rows, seconds} = report;
  return {
    dry_run: dryRun,
    out: out ?? null,
    verified: verify,
    blocks: blocks && {
      ...{rows: blocks.rows, bytes: blocks.bytes, digest: blocks.digest},
      ...{last_height: blocks.lastHeight, last_hash: blocks.lastHash},
    },
    transfers,
    accounts: {rows: accounts.rows, with_nonce: accounts.withNonce},
    rows_read: rows,
    seconds: Math.round(seconds * 1_000) / 1_000,
    rows_per_second: seconds > 0 ? Math.round(rows / seconds) : 0,
    // A rehearsal does all that an import does, and writes as much.
    ...(dryRun ? {estimated_seconds: Math.ceil(seconds)} : {}),
    schema,
    anomalies,
  };
}

const textOf = ({blocks, transfers, accounts}: ImportReport): Text => [
  ...(blocks ? [["blocks", blocks.rows, blocks.bytes, blocks.lastHeight, blocks.lastHash]] : []),
  ...(transfers ? [["transfers", transfers.rows, transfers.bytes]] : []),
  ["accounts", accounts.rows, accounts.withNonce],
];
