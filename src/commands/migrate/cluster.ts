/** What both ways between a data directory and a cluster share: flags, a cluster that is closed whatever happens, reports. */
import {randomBytes} from "node:crypto";
import type {Command} from "commander";
import {plain, utf8} from "../../codecs/bytes.js";
import {DecodeError, UsageError} from "../../errors.js";
import type {CqlHistory} from "../../node/storage/cql/history.js";
import type {CompareReport} from "../../node/storage/migrate/compare.js";
import type {CopyReport} from "../../node/storage/migrate/copied.js";
import type {OfflineStore} from "../../node/upkeep/offline.js";
import {countFlag} from "../flags.js";
import type {Io} from "../io.js";
import {addReachFlags, type ReachFlags, reachOf, reachSettingFlags} from "../node/cluster-flags.js";
import {successDocument, type Text} from "../output.js";
import {loadSettings, settingsEnvironment} from "../settings.js";
import {addStoreFlags, STORE_DOCS, type StoreFlags, withStore} from "../store/open.js";

export interface CopyFlags extends ReachFlags, StoreFlags {
  readonly dryRun: boolean;
  readonly stats: boolean;
  readonly verify: boolean;
  readonly resume: boolean;
  readonly rate?: number;
  readonly report?: string;
}

/** Environment and files of a command that copies. */
export const COPY_DOCS = {
  environment: {
    ...STORE_DOCS.environment,
    ...settingsEnvironment("cql_contact_points", "cql_datacenter", "cql_keyspace", "cql_consistency"),
    ...settingsEnvironment("cql_username", "cql_password_file", "cql_tls", "cql_ca_file", "cql_tls_name"),
  },
  files: STORE_DOCS.files!,
};

export const addCopyFlags = (command: Command): Command =>
  addReachFlags(
    addStoreFlags(command)
      .option("--dry-run", "read and check everything, and write nothing", false)
      .option("--stats", "count what would be copied, and read no more", false)
      .option("--verify", "read both sides back at the end, and compare", false)
      .option("--resume", "go on where an earlier run ended", false)
      .option("--rate <blocks>", "most blocks in a second (default: as many as it goes)", countFlag(1, 1_000_000))
      .option("--report <path>", "file for the report as JSON"),
  );

/** A copy reads everything once, which a larger cache would not make quicker. */
const CACHE_BYTES = 32 * 2 ** 20;

/** Checks flags, and opens the store that is one side of the copy. */
export async function withCopied(
  io: Io,
  flags: CopyFlags,
  work: (opened: OfflineStore) => Promise<void>,
): Promise<void> {
  checkCopyFlags(flags);
  await withStore(io, flags, work, {cacheBytes: CACHE_BYTES});
}

/** @throws UsageError FLAG_CONFLICT */
function checkCopyFlags({dryRun, stats, verify, resume}: CopyFlags): void {
  if (dryRun && stats)
    throw new UsageError("FLAG_CONFLICT", "--dry-run reads everything, --stats next to nothing", {
      hint: "leave one of them out",
    });
  if ((dryRun || stats) && (verify || resume))
    throw new UsageError("FLAG_CONFLICT", `--${stats ? "stats" : "dry-run"} writes nothing`, {
      hint: "leave out --verify and --resume",
    });
}

/** @throws UsageError MIGRATION_BEGUN */
export const refuseBegun = (where: string): never => {
  throw new UsageError("MIGRATION_BEGUN", `an earlier run came to ${where}`, {hint: "pass --resume to go on there"});
};

export interface OpenCluster {
  readonly history: CqlHistory;
  close(): void;
}

/** @param reads whether nothing is written, and whoever writes there goes on */
export async function openCluster(
  io: Io,
  flags: CopyFlags,
  {dir}: Pick<OfflineStore, "dir">,
  reads: boolean,
): Promise<OpenCluster> {
  const {CqlSession} = await import("../../node/storage/cql/session.js");
  const {CqlHistory} = await import("../../node/storage/cql/history.js");
  const {loadCompression} = await import("../../node/storage/sqlite/compression.js");
  const {genesisBlock} = await import("../../node/ledger/chain/genesis.js");
  const settings = await loadSettings(io.host, {config: flags.config, ...reachSettingFlags(flags)});
  const session = await CqlSession.open(await reachOf(io, flags, settings), {reads});
  // What is repeated without end must not outlast Ctrl-C.
  const end = (): void => session.close();
  io.signal.addEventListener("abort", end, {once: true});
  const close = (): void => {
    io.signal.removeEventListener("abort", end);
    session.close();
  };
  try {
    const place = {chain: genesisBlock(dir.genesis).id, compression: await loadCompression()};
    const writer = plain(randomBytes(16));
    const history = await (reads ? CqlHistory.read(session, place) : CqlHistory.open(session, {...place, writer}));
    return {history, close};
  } catch (error) {
    close();
    throw error;
  }
}

/** @throws DecodeError CLUSTER_DIFFERS */
export function checkCompared(compared: CompareReport, hint: string): void {
  if (compared.differs === null) return;
  const message = `block ${compared.differs} is another one in the cluster than here`;
  throw new DecodeError("CLUSTER_DIFFERS", message, {hint, details: {...compared}});
}

/** Prints a copy's report, and writes it to --report as well. */
export async function answerCopy(
  io: Io,
  flags: CopyFlags,
  report: CopyReport,
  compared: CompareReport | null,
): Promise<void> {
  const {TABLES} = await import("../../node/storage/cql/schema.js");
  const {blocks, receipts, bytes, height, seconds, anomalies} = report;
  for (const {kind, count, first} of anomalies) io.warn(`${kind}: ${count}, first at ${first}`);
  const data = {
    ...{dry_run: flags.dryRun, blocks, receipts, bytes, height},
    seconds: Math.round(seconds * 1_000) / 1_000,
    blocks_per_second: seconds > 0 ? Math.round(blocks / seconds) : 0,
    ...(flags.dryRun ? {estimated_seconds: Math.ceil(seconds)} : {}),
    verified: compared && {blocks: compared.blocks, digest: compared.here},
    schema: TABLES,
    anomalies,
  };
  await answer(io, flags, data, [[blocks, receipts, bytes, height]]);
}

/** A result that goes to --report as well. */
export async function answer(io: Io, {report}: CopyFlags, data: object, text: Text): Promise<void> {
  if (report !== undefined) await io.writeFile(report, utf8(successDocument(data, [])), {force: true});
  io.result(data, text);
}
