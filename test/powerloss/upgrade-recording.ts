/** The database of the earliest version that is read is brought to this one, step by step. */
import path from "node:path";
import {nodeObserver} from "./node-observer.js";
import {NODE_FOLDER, processOf, recordIn} from "./node-process.js";
import type {Workload} from "./recording.js";

const EARLIEST = path.resolve(import.meta.dirname, "../node/storage/sqlite/versions/8/chain.db.gz");

export const UPGRADE: Workload = {
  record: (library, directory) =>
    recordIn(library, directory, async (workplace) => {
      const database = path.join(workplace.dataDir, "chain.db");
      await workplace.runScript(processOf("place-database.ts"), EARLIEST, database);
      const from = workplace.ops.length;
      await workplace.runScript(processOf("open-database.ts"), database);
      return {from};
    }),
  observer: () => ({parts: [nodeObserver(NODE_FOLDER).parts[3]]}),
};
