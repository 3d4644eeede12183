import type {Command} from "commander";
import type {OfflineStore} from "../../node/upkeep/offline.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {LOCKED} from "../store/open.js";
import {Telling} from "../telling.js";
import {
  addCopyFlags,
  answer,
  answerCopy,
  COPY_DOCS,
  type CopyFlags,
  checkCompared,
  openCluster,
  refuseBegun,
  withCopied,
} from "./cluster.js";

export const migrateToClusterCommand = (io: Io): Command =>
  addCopyFlags(
    defineCommand("migrate to-cluster", {
      summary: "bring a node's history to a cluster before it runs with one",
      description:
        "Sends the blocks, votes and receipts of a node that does not run to a keyspace, as qsdm node run --store cql does " +
        "in the background. The cluster's head is the checkpoint: whatever ends this, --resume goes on behind the last " +
        "blocks, at most 16, that were written whole. Nothing in the data directory changes.\n\n" +
        "--verify reads everything back and holds the digests of both sides to each other. --dry-run reads the data " +
        "directory alone, asks no cluster, and tells rows, bytes, tables, what is missing, and how long reading takes: a " +
        "cluster that is slower takes longer. --stats only counts.\n\n" +
        "Prints one line: blocks and receipts that were sent, their bytes, and the cluster's height.",
      examples: [
        {does: "a rehearsal", run: "qsdm migrate to-cluster --data-dir ./node --dry-run"},
        {
          does: "all of it, read back",
          run: "qsdm migrate to-cluster --cql-contact-points db1.example.org --cql-ca-file ca.pem --verify",
        },
        {
          does: "go on after Ctrl-C",
          run: "qsdm migrate to-cluster --cql-contact-points db1.example.org --cql-ca-file ca.pem --resume",
        },
      ],
      ...COPY_DOCS,
      exit: {
        3: "The cluster does not hold what was sent.",
        4: `${LOCKED} Or the cluster cannot be used.`,
        130: "Interrupted; --resume goes on.",
      },
      seeAlso: ["migrate from-cluster", "node run", "migrate import", "store verify"],
    }),
  ).action((flags: CopyFlags) =>
    withCopied(io, flags, async (opened) => {
      if (opened.store.isEncrypted) throw (await import("../../node/open-store.js")).clusterInClear();
      return flags.stats ? count(io, flags, opened) : fill(io, flags, opened);
    }),
  );

async function count(io: Io, flags: CopyFlags, {store}: OfflineStore): Promise<void> {
  const {tables} = store.stats();
  const moved = tables.filter(({name}) => name === "block" || name === "receipt");
  const height = store.head()?.header.height ?? null;
  const prunedHeight = store.prunedHeight();
  const lines = moved.map(({name, rows, bytes}) => [name, rows, bytes] as const);
  await answer(io, flags, {tables: moved, height, pruned_height: prunedHeight}, lines);
}

async function fill(io: Io, flags: CopyFlags, opened: OfflineStore): Promise<void> {
  const {fillCluster} = await import("../../node/storage/migrate/to-cluster.js");
  const {compareHistory} = await import("../../node/storage/migrate/compare.js");
  const {loadHashAll} = await import("../../node/compute/backend.js");
  const {store: near} = opened;
  const height = near.head()?.header.height ?? -1n;
  const cluster = flags.dryRun ? null : await openCluster(io, flags, opened, false);
  const telling = new Telling(io, flags.dryRun ? "rehearsing" : "sending");
  try {
    const far = cluster?.history ?? null;
    if (far && !flags.resume && far.height >= 0n && far.height < height) refuseBegun(`block ${far.height}`);
    const ports = {near, far, hashAll: await loadHashAll(), progress: telling.tell};
    const report = await fillCluster(flags.rate ?? null, ports, io.signal);
    const compared =
      far && flags.verify
        ? await compareHistory(
            height,
            {near, far, found: (txIds) => far.encodedReceiptsOf(txIds), progress: telling.tell},
            io.signal,
          )
        : null;
    telling.done();
    if (compared)
      checkCompared(
        compared,
        "repair the cluster (nodetool repair) and verify again; else send the history to a new keyspace",
      );
    await answerCopy(io, flags, report, compared);
  } finally {
    telling.done();
    cluster?.close();
  }
}
