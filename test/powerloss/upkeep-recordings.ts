/** What an operator does to a data directory while no node runs: rewrite its database, take snapshots, restore one elsewhere. */
import {existsSync} from "node:fs";
import path from "node:path";
import {UnavailableError} from "../../src/errors.js";
import {readDataDir} from "../../src/node/data-dir.js";
import {SnapshotFiles} from "../../src/node/snapshots/files.js";
import {restoreSnapshot} from "../../src/node/snapshots/restore.js";
import {heightsOn, placeOf} from "../../src/node/snapshots/shelf.js";
import {RestoringStore} from "../../src/node/storage/sqlite/restore.js";
import {trustIn} from "../support/snapshots.js";
import {nodeObserver, STORE} from "./node-observer.js";
import {NODE_FOLDER, recordIn} from "./node-process.js";
import type {Observer, Part, Workload} from "./recording.js";

const COPY = "copy";

/** `store compact`, and two snapshots, of which the second shares parts with the first. */
export const UPKEEP: Workload = {
  record: (library, directory, {blocks}) =>
    recordIn(library, directory, async (workplace) => {
      const {dataDir} = workplace;
      await workplace.init();
      await workplace.runFor(blocks, "SIGTERM");
      const from = workplace.ops.length;
      await workplace.run("store", "compact", "--data-dir", dataDir);
      await workplace.run("snapshot", "create", "--data-dir", dataDir);
      await workplace.runFor(1, "SIGTERM");
      await workplace.run("snapshot", "create", "--data-dir", dataDir);
      return {from};
    }),
  observer: () => nodeObserver(NODE_FOLDER),
};

/** `snapshot restore` into a new data directory. One that a cut ended is begun anew. */
export const RESTORE: Workload = {
  record: (library, directory, {blocks}) =>
    recordIn(library, directory, async (workplace) => {
      const {dataDir} = workplace;
      await workplace.init();
      await workplace.runFor(blocks, "SIGTERM");
      await workplace.run("snapshot", "create", "--data-dir", dataDir);
      const shelf = path.join(dataDir, "snapshots");
      const snapshot = placeOf(shelf, (await heightsOn(shelf))[0]!);
      const copy = path.join(workplace.root, COPY);
      const from = workplace.ops.length;
      await workplace.run("node", "init", "--data-dir", copy, "--genesis", path.join(dataDir, "genesis.json"));
      await workplace.run("snapshot", "restore", snapshot, "--data-dir", copy);
      return {from, known: snapshot};
    }),
  observer: (snapshot) => restoredObserver(COPY, snapshot),
};

const UNFINISHED = "unfinished";

/** That of a node, to whose database a restore that did not end is one that can be begun anew. */
export function restoredObserver(folder: string, snapshot: string): Observer {
  // What was answered, the other directory has.
  const {parts, whole} = nodeObserver(folder);
  const [keys, signed, snapshots, database] = parts;
  const databaseOrNone: Part = {
    ...database,
    async look(root) {
      try {
        return await database.look(root);
      } catch (error) {
        if (!(error instanceof UnavailableError) || error.code !== "DATABASE_UNFINISHED") throw error;
      }
      const place = path.join(root, folder, "chain.db");
      if (!(await RestoringStore.isFree({...STORE, path: place}))) throw new Error("a restore cannot be begun anew");
      RestoringStore.discard(place);
      if (existsSync(place) || existsSync(`${place}-wal`)) throw new Error("something is left of a restore");
      return UNFINISHED;
    },
  };
  return {
    parts: [keys, signed, snapshots, databaseOrNone],
    async whole(root, findings) {
      if (findings[database.name] === UNFINISHED) await restoreAgain(snapshot, path.join(root, folder));
      await whole!(root, findings);
    },
  };
}

/** @throws Error when what a cut ended cannot be begun anew */
async function restoreAgain(snapshot: string, dataDir: string): Promise<void> {
  const {genesis, databasePath} = await readDataDir(dataDir);
  await restoreSnapshot(await SnapshotFiles.open(snapshot), {...STORE, path: databasePath}, trustIn(genesis));
}
