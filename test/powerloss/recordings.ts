/** The histories that are recorded, by name. */
import {recordImport} from "./import-recording.js";
import {recordNode} from "./node-recording.js";
import type {Recording} from "./recording.js";
import {recordRig} from "./rig-recording.js";
import {recordRestore, recordUpkeep} from "./upkeep-recordings.js";

export interface Size {
  /** Blocks that a run of the node makes. */
  readonly blocks: number;
  /** Contents of a data directory between two whole starts of the node. */
  readonly startsOneIn: number;
}

export type Record = (library: string, workplace: string, size: Size) => Promise<Recording>;

export const RECORDINGS: Readonly<{[name: string]: Record}> = {
  node: recordNode,
  upkeep: recordUpkeep,
  restore: recordRestore,
  import: recordImport,
  rig: recordRig,
};
