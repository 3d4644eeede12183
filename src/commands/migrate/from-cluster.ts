import {existsSync} from "node:fs";
import type {Command} from "commander";
import type {Certificate} from "../../codecs/chain/block.js";
import type {CqlHistory} from "../../node/storage/cql/history.js";
import type {CompareReport} from "../../node/storage/migrate/compare.js";
import type {SqliteStore} from "../../node/storage/sqlite/store.js";
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

export const migrateFromClusterCommand = (io: Io): Command =>
  addCopyFlags(
    defineCommand("migrate from-cluster", {
      summary: "bring a node's history back from a cluster, verified block by block",
      description:
        "Puts the blocks, votes and receipts that a data directory has let go back into it, from the keyspace that has " +
        "them: afterwards the node runs with --store sqlite as if there had never been a cluster. Run it while the node " +
        "does not run. Nothing in the cluster changes.\n\n" +
        "Every block is held to the header that the data directory has, to the votes of more than two thirds of the " +
        "validators, and to the receipts that the next header names; the first that does not fit ends this with exit " +
        "status 3. Blocks come from the newest on, 16 or fewer in a transaction: whatever ends this, the directory is " +
        "one that a node can run on, and --resume goes on.\n\n" +
        "--verify reads both sides once more and compares them. --dry-run reads and checks everything and keeps nothing; " +
        "--stats only counts.\n\n" +
        "Prints one line: blocks and receipts that came, their bytes, and the height up to which blocks are still missing, " +
        "0 when none is.",
      examples: [
        {
          does: "what would come, and how long will it take?",
          run: "qsdm migrate from-cluster --data-dir ./node --cql-contact-points db1.example.org --cql-ca-file ca.pem --dry-run",
        },
        {
          does: "all of it, compared at the end",
          run: "qsdm migrate from-cluster --data-dir ./node --cql-contact-points db1.example.org --cql-ca-file ca.pem --verify",
        },
      ],
      environment: COPY_DOCS.environment,
      files: {...COPY_DOCS.files, "DIR/cluster.db": "What the data directory knows of its share in a cluster."},
      exit: {
        3: "A block in the cluster is not one of this chain, or --verify found a difference.",
        4: `${LOCKED} Or the cluster cannot be used, or lacks blocks.`,
        130: "Interrupted; --resume goes on.",
      },
      seeAlso: ["migrate to-cluster", "node run", "store verify"],
    }),
  ).action((flags: CopyFlags) => withCopied(io, flags, (opened) => fetch(io, flags, opened)));

async function fetch(io: Io, flags: CopyFlags, opened: OfflineStore): Promise<void> {
  const {gapOf, fetchHistory} = await import("../../node/storage/migrate/from-cluster.js");
  const {LinkFile} = await import("../../node/storage/cql/link-file.js");
  const {Voters} = await import("../../node/upkeep/voters.js");
  const {loadMlDsa} = await import("../../node/compute/ml-dsa.js");
  const {loadHashAll} = await import("../../node/compute/backend.js");
  const {dir, store: near} = opened;
  const writes = !flags.dryRun && !flags.stats;
  const cluster = await openCluster(io, flags, opened, true);
  const telling = new Telling(io, flags.dryRun ? "rehearsing" : "fetching");
  // One who only looks makes no file.
  const link = writes || existsSync(dir.clusterPath) ? LinkFile.open(dir.clusterPath) : null;
  try {
    const far = cluster.history;
    const gap = await gapOf({near, far}, link?.mark("pruned") ?? 0n);
    if (flags.stats) {
      const blocks = gap.to - gap.from;
      const data = {blocks, from: gap.from + 1n, to: gap.to, cluster_height: far.height};
      return await answer(io, flags, data, [[blocks, gap.from + 1n, gap.to, far.height]]);
    }
    if (writes && !flags.resume && gap.to > gap.from && link!.mark("fetching") > 0n)
      refuseBegun(`block ${gap.to + 1n}`);
    const {verify: verifyVote} = await loadMlDsa(44);
    const voters = new Voters({store: near, genesis: dir.genesis, verifyVote});
    const ports = {
      near,
      far,
      checkVotes: (certificate: Certificate) => voters.check(certificate),
      hashAll: await loadHashAll(),
      progress: telling.tell,
    };
    if (writes && gap.to > gap.from) link!.setMark("fetching", 1n);
    const report = await fetchHistory({rate: flags.rate ?? null, isRehearsal: !writes}, gap, ports, io.signal);
    if (writes) link!.setMark("fetching", 0n);
    const compared = flags.verify ? await compare(io, near, far, telling) : null;
    telling.done();
    await answerCopy(io, flags, report, compared);
  } finally {
    telling.done();
    link?.close();
    cluster.close();
  }
}

/** @throws DecodeError CLUSTER_DIFFERS */
async function compare(io: Io, near: SqliteStore, far: CqlHistory, {tell}: Telling): Promise<CompareReport> {
  const {compareHistory} = await import("../../node/storage/migrate/compare.js");
  const head = near.head()?.header.height ?? -1n;
  const upTo = far.height < head ? far.height : head;
  const found = (txIds: readonly Uint8Array[]) => near.encodedReceiptsOf(txIds);
  const compared = await compareHistory(upTo, {near, far, found, progress: tell}, io.signal);
  checkCompared(compared, "repair the cluster (nodetool repair); else check the disk of the data directory");
  return compared;
}
