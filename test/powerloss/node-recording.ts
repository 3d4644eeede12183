/** A validator that is initialised, run under a load of transfers, killed, run again, and taken a snapshot of: the history of its data directory. */
import {nodeObserver} from "./node-observer.js";
import {NODE_FOLDER, recordIn} from "./node-process.js";
import type {Workload} from "./recording.js";

export const NODE: Workload = {
  record: (library, directory, {blocks}) =>
    recordIn(library, directory, async (workplace) => {
      await workplace.init();
      await workplace.runFor(blocks, "SIGKILL");
      await workplace.runFor(blocks, "SIGTERM");
      await workplace.run("snapshot", "create", "--data-dir", workplace.dataDir);
      return {};
    }),
  observer: () => nodeObserver(NODE_FOLDER),
};
