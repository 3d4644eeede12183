/** The histories that are recorded, by name. */
import {IMPORT} from "./import-recording.js";
import {NODE} from "./node-recording.js";
import type {Workload} from "./recording.js";
import {RIG} from "./rig-recording.js";
import {RESTORE, UPKEEP} from "./upkeep-recordings.js";

export const WORKLOADS: Readonly<{[name: string]: Workload}> = {
  node: NODE,
  upkeep: UPKEEP,
  restore: RESTORE,
  import: IMPORT,
  rig: RIG,
};
