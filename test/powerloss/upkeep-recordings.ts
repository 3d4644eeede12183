/** What an operator does to a data directory while no node runs: rewrite its database, take snapshots, restore one elsewhere. */
import path from "node:path";
import {UnavailableError} from "../../src/errors.js";
import {readDataDir} from "../../src/node/data-dir.js";
import {SnapshotFiles} from "../../src/node/snapshots/files.js";
import {restoreSnapshot} from "../../src/node/snapshots/restore.js";
import {heightsOn, placeOf} from "../../src/node/snapshots/shelf.js";
import {trustIn} from "../support/snapshots.js";
import {nodeObserver, STORE} from "./node-observer.js";
import {NODE_FOLDER, Workplace} from "./node-process.js";
import type {Recording} from "./recording.js";
import type {Size} from "./recordings.js";

const COPY = "copy";

/** `store compact`, and two snapshots, of which the second shares parts with the first. */
export async function recordUpkeep(library: string, directory: string, size: Size): Promise<Recording> {
  const workplace = new Workplace(library, directory);
  try {
    await workplace.init();
    await workplace.runFor(size.blocks, "SIGTERM");
    const from = workplace.ops.length;
    await workplace.run("store", "compact", "--data-dir", workplace.dataDir);
    await workplace.run("snapshot", "create", "--data-dir", workplace.dataDir);
    await workplace.runFor(1, "SIGTERM");
    await workplace.run("snapshot", "create", "--data-dir", workplace.dataDir);
    return {name: "upkeep", ops: workplace.ops, from, ...nodeObserver(NODE_FOLDER, size.startsOneIn)};
  } finally {
    workplace.close();
  }
}

/** `snapshot restore` into a new data directory. One that a cut ended is begun anew. */
export async function recordRestore(library: string, directory: string, size: Size): Promise<Recording> {
  const workplace = new Workplace(library, directory);
  try {
    await workplace.init();
    await workplace.runFor(size.blocks, "SIGTERM");
    await workplace.run("snapshot", "create", "--data-dir", workplace.dataDir);
    const shelf = path.join(workplace.dataDir, "snapshots");
    const snapshot = placeOf(shelf, (await heightsOn(shelf))[0]!);
    const copy = path.join(workplace.root, COPY);
    const from = workplace.ops.length;
    await workplace.run("node", "init", "--data-dir", copy, "--genesis", path.join(workplace.dataDir, "genesis.json"));
    await workplace.run("snapshot", "restore", snapshot, "--data-dir", copy);
    const {observe} = nodeObserver(COPY, size.startsOneIn);
    return {
      name: "restore",
      ops: workplace.ops,
      from,
      async observe(root) {
        try {
          return await observe(root);
        } catch (error) {
          if (!(error instanceof UnavailableError) || error.code !== "DATABASE_UNFINISHED") throw error;
          await restoreAgain(snapshot, path.join(root, COPY));
          return {database: "unfinished"};
        }
      },
    };
  } finally {
    workplace.close();
  }
}

/** @throws Error when what a cut ended cannot be begun anew */
async function restoreAgain(snapshot: string, dataDir: string): Promise<void> {
  const {genesis, databasePath} = await readDataDir(dataDir);
  await restoreSnapshot(await SnapshotFiles.open(snapshot), {...STORE, path: databasePath}, trustIn(genesis));
}
