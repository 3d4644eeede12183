/** When snapshots are taken, from settings. */
import type {SnapshotSchedule} from "../../node/snapshots/periodic.js";
import type {Settings} from "../settings.js";

export const scheduleOf = ({snapshot_interval: interval, snapshots_kept: kept}: Settings): SnapshotSchedule => ({
  intervalBlocks: interval.value === "off" ? null : BigInt(interval.value!),
  kept: Number(kept.value),
});
