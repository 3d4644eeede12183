/** Snapshots that a node takes, and the one that it starts from, out of settings and flags. */
import {decodeLightChain, LIGHT_CHAIN_MAX_BYTES} from "../../codecs/chain/light.js";
import type {FastSyncTrust} from "../../node/fast-sync-part.js";
import type {SnapshotSchedule} from "../../node/snapshots/periodic.js";
import type {Io} from "../io.js";
import type {Settings} from "../settings.js";
import type {TrustFlags} from "../snapshot/trust.js";

export const scheduleOf = ({snapshot_interval: interval, snapshots_kept: kept}: Settings): SnapshotSchedule => ({
  intervalBlocks: interval.value === "off" ? null : BigInt(interval.value!),
  kept: Number(kept.value),
});

export async function fastSyncOf(
  io: Io,
  {checkpoint, acceptOld = false}: TrustFlags,
  {fast_sync: wanted}: Settings,
): Promise<FastSyncTrust | null> {
  if (wanted.value === "off") return null;
  if (checkpoint === undefined) return {checkpoints: null, acceptOld};
  const bytes = await io.readFile(checkpoint, {flag: "--checkpoint", maxBytes: LIGHT_CHAIN_MAX_BYTES});
  return {checkpoints: decodeLightChain(bytes), acceptOld};
}
