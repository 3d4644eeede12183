import type {Command} from "commander";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {loadSettings} from "../settings.js";
import {addStoreFlags, LOCKED, STORE_DOCS, type StoreFlags} from "../store/open.js";
import {storePassphraseOf, storePassphraseSetting} from "../store/passphrase.js";
import {reportOf} from "./report.js";
import {addTrustFlags, TRUST_TEXT, type TrustFlags, verifyPortsOf} from "./trust.js";

type RestoreFlags = StoreFlags & TrustFlags;

export const snapshotRestoreCommand = (io: Io): Command =>
  addTrustFlags(
    addStoreFlags(
      defineCommand("snapshot restore", {
        summary: "start a node from a snapshot instead of from the genesis",
        description:
          "Puts a snapshot into a data directory that qsdm node init has made and no node has used. Everything is verified as " +
          "qsdm snapshot verify does, while it is written, and no node starts on it before all of it is there: a restore that " +
          "was killed is begun anew. The node then takes newer blocks from its peers. Blocks below the snapshot are pruned " +
          `there, and their receipts and events with them. ${TRUST_TEXT}\n\n` +
          "Prints one line: height, root of the snapshot, bytes, directory.",
        examples: [
          {
            does: "a new follower that is at block 50,000 in minutes",
            run: "qsdm node init --data-dir ./copy --genesis genesis.json\nqsdm snapshot restore ./50000 --data-dir ./copy",
          },
        ],
        ...STORE_DOCS,
        exit: {3: "The snapshot does not hold, or is of another chain.", 4: `${LOCKED} Or it holds a chain already.`},
        seeAlso: ["snapshot create", "snapshot verify", "node init", "node run"],
      }),
    ),
  )
    .argument("<directory>", "the snapshot")
    .action(async (directory: string, flags: RestoreFlags) => {
      const {readDataDir} = await import("../../node/data-dir.js");
      const {databaseOf} = await import("../../node/upkeep/offline.js");
      const {unlock} = await import("../../node/unlock.js");
      const {SnapshotFiles} = await import("../../node/snapshots/files.js");
      const {restoreSnapshot} = await import("../../node/snapshots/restore.js");
      const settings = await loadSettings(io.host, {
        config: flags.config,
        data_dir: flags.dataDir,
        ...storePassphraseSetting(flags),
      });
      const dir = await readDataDir(settings.data_dir.value!);
      const cells = await unlock(dir, storePassphraseOf(io, settings));
      const files = await SnapshotFiles.open(directory);
      const {ports, done} = await verifyPortsOf(io, dir.genesis, flags);
      try {
        await restoreSnapshot(files, databaseOf(dir, cells), ports);
      } finally {
        done();
      }
      const {document, line} = await reportOf(files);
      io.result(document, [line]);
    });
