/** The histories that are recorded, by name. */
import {AUDIT} from "./audit-recording.js";
import {CLUSTER} from "./cluster-recording.js";
import {FAST_SYNC} from "./fast-sync-recording.js";
import {IMPORT} from "./import-recording.js";
import {CHECKPOINT, FAILED_CHECKPOINT, NODE, PERIODIC} from "./node-recording.js";
import type {Workload} from "./recording.js";
import {RECOVERY} from "./recovery-recording.js";
import {RIG} from "./rig-recording.js";
import {SEALED} from "./sealed-recording.js";
import {UPGRADE} from "./upgrade-recording.js";
import {RESTORE, UPKEEP} from "./upkeep-recordings.js";

export const WORKLOADS: Readonly<{[name: string]: Workload}> = {
  node: NODE,
  sealed: SEALED,
  recovery: RECOVERY,
  checkpoint: CHECKPOINT,
  "failed-checkpoint": FAILED_CHECKPOINT,
  periodic: PERIODIC,
  upkeep: UPKEEP,
  restore: RESTORE,
  "fast-sync": FAST_SYNC,
  import: IMPORT,
  cluster: CLUSTER,
  upgrade: UPGRADE,
  audit: AUDIT,
  rig: RIG,
};
