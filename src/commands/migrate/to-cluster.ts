import {randomBytes} from "node:crypto";
import type {Command} from "commander";
import {plain, utf8} from "../../codecs/bytes.js";
import {DecodeError, UsageError} from "../../errors.js";
import type {CqlHistory} from "../../node/storage/cql/history.js";
import type {CompareReport, FillReport} from "../../node/storage/migrate/to-cluster.js";
import type {OfflineStore} from "../../node/upkeep/offline.js";
import {defineCommand} from "../define.js";
import {countFlag} from "../flags.js";
import type {Io} from "../io.js";
import {addReachFlags, type ReachFlags, reachOf, reachSettingFlags} from "../node/cluster-flags.js";
import {successDocument} from "../output.js";
import {loadSettings, settingsEnvironment} from "../settings.js";
import {addStoreFlags, LOCKED, STORE_DOCS, type StoreFlags, withStore} from "../store/open.js";
import {startTelling, type Telling} from "./telling.js";

interface Flags extends ReachFlags, StoreFlags {
  readonly dryRun: boolean;
  readonly verify: boolean;
  readonly rate?: number;
  readonly report?: string;
}

export const migrateToClusterCommand = (io: Io): Command =>
  addReachFlags(
    addStoreFlags(
      defineCommand("migrate to-cluster", {
        summary: "bring a node's history to a cluster before it runs with one",
        description:
          "Sends the blocks, votes and receipts of a node that does not run to a keyspace, as qsdm node run --store cql does " +
          "in the background. The cluster's head is the checkpoint: whatever ends this, the next run goes on behind the last " +
          "16 blocks that were written whole. Nothing in the data directory changes.\n\n" +
          "--verify reads everything back and holds the digests of both sides to each other. --dry-run reads the data " +
          "directory alone, asks no cluster, and tells rows, bytes, tables, what is missing, and how long reading takes: a " +
          "cluster that is slower takes longer.\n\n" +
          "Prints one line: blocks and receipts that were sent, their bytes, and the cluster's height.",
        examples: [
          {does: "a rehearsal", run: "qsdm migrate to-cluster --data-dir ./node --dry-run"},
          {
            does: "all of it, read back",
            run: "qsdm migrate to-cluster --cql-contact-points db1.example.org --cql-ca-file ca.pem --verify",
          },
        ],
        environment: {
          ...STORE_DOCS.environment,
          ...settingsEnvironment("cql_contact_points", "cql_datacenter", "cql_keyspace", "cql_consistency"),
          ...settingsEnvironment("cql_username", "cql_password_file", "cql_tls", "cql_ca_file"),
        },
        files: STORE_DOCS.files!,
        exit: {
          3: "The cluster does not hold what was sent.",
          4: `${LOCKED} Or the cluster cannot be used.`,
          130: "Interrupted; the next run goes on.",
        },
        seeAlso: ["node run", "migrate import", "store verify"],
      }),
    )
      .option("--dry-run", "read everything, ask no cluster, and write nothing", false)
      .option("--verify", "read everything back at the end, and compare", false)
      .option("--rate <blocks>", "most blocks in a second (default: as many as it goes)", countFlag(1, 1_000_000))
      .option("--report <path>", "file for the report as JSON")
      .action((flags: Flags) => {
        if (flags.dryRun && flags.verify)
          throw new UsageError("FLAG_CONFLICT", "--dry-run writes nothing to verify", {hint: "leave one of them out"});
        return withStore(io, flags, async (opened) => {
          if (opened.store.isEncrypted) throw (await import("../../node/open-store.js")).clusterInClear();
          return fill(io, flags, opened);
        });
      }),
  );

async function fill(io: Io, flags: Flags, {dir, store: near}: OfflineStore): Promise<void> {
  const {fillCluster, compareCluster} = await import("../../node/storage/migrate/to-cluster.js");
  const {TABLES} = await import("../../node/storage/cql/schema.js");
  const cluster = flags.dryRun ? null : await openCluster(io, flags, dir);
  const telling: Telling = startTelling(io, flags.dryRun ? "rehearsing" : "sending");
  try {
    const {progress} = telling;
    const far = cluster?.history ?? null;
    const report = await fillCluster(flags.rate ?? null, {near, far, progress}, io.signal);
    const compared = flags.verify ? await compareCluster({near, far: far!, progress}, io.signal) : null;
    telling.done();
    for (const {kind, count, first} of report.anomalies) io.warn(`${kind}: ${count}, first at ${first}`);
    if (compared && compared.differs !== null)
      throw new DecodeError("CLUSTER_DIFFERS", `block ${compared.differs} is another one in the cluster`, {
        hint: "repair the cluster (nodetool repair) and verify again; else send the history to a new keyspace",
        details: {...compared},
      });
    const data = documentOf(flags, report, compared, TABLES);
    if (flags.report !== undefined) await io.writeFile(flags.report, utf8(successDocument(data, [])), {force: true});
    io.result(data, [[report.blocks, report.receipts, report.bytes, report.height]]);
  } finally {
    telling.done();
    cluster?.close();
  }
}

function documentOf(
  {dryRun}: Flags,
  {blocks, receipts, bytes, height, seconds, anomalies}: FillReport,
  compared: CompareReport | null,
  schema: readonly string[],
): object {
  return {
    ...{dry_run: dryRun, blocks, receipts, bytes, height},
    seconds: Math.round(seconds * 1_000) / 1_000,
    blocks_per_second: seconds > 0 ? Math.round(blocks / seconds) : 0,
    ...(dryRun ? {estimated_seconds: Math.ceil(seconds)} : {}),
    verified: compared && {blocks: compared.blocks, digest: compared.here},
    schema,
    anomalies,
  };
}

async function openCluster(
  io: Io,
  flags: Flags,
  dir: OfflineStore["dir"],
): Promise<{readonly history: CqlHistory; close(): void}> {
  const {CqlSession} = await import("../../node/storage/cql/session.js");
  const {CqlHistory} = await import("../../node/storage/cql/history.js");
  const {loadCompression} = await import("../../node/storage/sqlite/compression.js");
  const {genesisBlock} = await import("../../node/ledger/chain/genesis.js");
  const settings = await loadSettings(io.host, {config: flags.config, ...reachSettingFlags(flags)});
  const session = await CqlSession.open(await reachOf(io, flags, settings));
  // What is repeated without end must not outlast Ctrl-C.
  const end = (): void => session.close();
  io.signal.addEventListener("abort", end, {once: true});
  const close = (): void => {
    io.signal.removeEventListener("abort", end);
    session.close();
  };
  try {
    const chain = genesisBlock(dir.genesis).id;
    const writer = plain(randomBytes(16));
    return {history: await CqlHistory.open(session, {chain, writer, compression: await loadCompression()}), close};
  } catch (error) {
    close();
    throw error;
  }
}
