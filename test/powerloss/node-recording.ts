/** A validator that is initialised, run under a load of transfers, killed, run again, and taken a snapshot of: the history of its data directory. */
import {nodeObserver} from "./node-observer.js";
import {NODE_FOLDER, Workplace} from "./node-process.js";
import type {Recording} from "./recording.js";
import type {Size} from "./recordings.js";

/** Records into `directory`, which it empties. */
export async function recordNode(library: string, directory: string, size: Size): Promise<Recording> {
  const workplace = new Workplace(library, directory);
  try {
    await workplace.init();
    await workplace.runFor(size.blocks, "SIGKILL");
    await workplace.runFor(size.blocks, "SIGTERM");
    await workplace.run("snapshot", "create", "--data-dir", workplace.dataDir);
    return {name: "node", ops: workplace.ops, ...nodeObserver(NODE_FOLDER, size.startsOneIn)};
  } finally {
    workplace.close();
  }
}
