/** The enrollment registry as chain state: who may mine with which GPU, under which bond. */
import {foldGpuId} from "../attestation/gpu-id.js";
import type {LedgerEvent} from "../chain/events.js";
import {credit} from "../monetary/supply.js";
import {blocksIn, type ChainParams} from "../params/chain-params.js";
import type {State} from "../state/state.js";
import {deferredBonds, enrollments, gpuBindings, heightKey, maturities} from "../state/stores.js";
import {type EnrollmentRecord, type Phase, phaseOf} from "./record.js";

/** Page size when none is asked for, and the largest that is given. */
export const PAGE_DEFAULT = 50;
export const PAGE_MAX = 500;

/** The identity of a GPU under which it is bound. */
export const gpuIdentity = (gpuUuid: string, {rules}: Pick<ChainParams, "rules">): string =>
  rules.gpuIdentity === "folded" ? foldGpuId(gpuUuid) : gpuUuid;

/** Writes a record, and lists it among the bonds that rewards fill for as long as it is one. */
export function putRecord(state: State, record: EnrollmentRecord): void {
  const {nodeId, owner, bondMode, revokedAtHeight, stakeDust, requiredStakeDust} = record;
  state.put(enrollments, nodeId, record);
  const filling = bondMode === "mining_rewards" && revokedAtHeight === null && stakeDust < requiredStakeDust;
  if (filling) state.put(deferredBonds, `${owner}/${nodeId}`, {nodeId});
  else state.remove(deferredBonds, `${owner}/${nodeId}`);
}

/** Adds a record and binds its GPU; the caller has checked that both are free. */
export function insertRecord(state: State, record: EnrollmentRecord, params: ChainParams): void {
  putRecord(state, record);
  state.put(gpuBindings, gpuIdentity(record.gpuUuid, params), {nodeId: record.nodeId});
}

/** Ends an active record: the unbond window starts and the GPU is free again. */
export function revokeRecord(
  state: State,
  record: EnrollmentRecord,
  at: {height: bigint; params: ChainParams},
): EnrollmentRecord {
  const matures = at.height + blocksIn(at.params, at.params.enrollment.unbondWindowSeconds);
  const revoked: EnrollmentRecord = {...record, revokedAtHeight: at.height, unbondMaturesAtHeight: matures};
  putRecord(state, revoked);
  state.put(maturities, `${heightKey(matures)}/${record.nodeId}`, {nodeId: record.nodeId});
  state.remove(gpuBindings, gpuIdentity(record.gpuUuid, at.params));
  return revoked;
}

/** Returns every bond that matures at or before `height`, in order of height and node id, and drops its record. */
export function sweep(state: State, height: bigint): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  // Inclusive: a bond that matures at height h is spendable in block h.
  const end = heightKey(height + 1n);
  for (const key of state.keys(maturities)) {
    if (key >= end) break;
    const {nodeId} = state.get(maturities, key)!;
    const record = state.get(enrollments, nodeId)!;
    state.remove(maturities, key);
    state.remove(enrollments, nodeId);
    credit(state, record.owner, record.stakeDust);
    events.push({type: "bond-swept", nodeId, owner: record.owner, stakeDust: record.stakeDust});
  }
  return events;
}

/** One page of records in byte order of node id. */
export interface RecordPage {
  readonly records: readonly EnrollmentRecord[];
  /** Cursor of the next page: the last node id given; `null` when nothing follows. */
  readonly nextCursor: string | null;
  /** Matches in the whole registry. */
  readonly total: number;
}

/**
 * Records after `cursor`, which need not exist. A record inserted before the cursor is not seen by that walk; none is
 * skipped or repeated otherwise.
 */
export function listRecords(
  state: State,
  query: {phase: Phase | null; cursor: string | null; limit: number},
): RecordPage {
  const limit = query.limit <= 0 ? PAGE_DEFAULT : Math.min(query.limit, PAGE_MAX);
  const records: EnrollmentRecord[] = [];
  let total = 0;
  let more = false;
  for (const nodeId of state.keys(enrollments)) {
    const record = state.get(enrollments, nodeId)!;
    if (query.phase !== null && phaseOf(record) !== query.phase) continue;
    total++;
    if (query.cursor !== null && nodeId <= query.cursor) continue;
    if (records.length < limit) records.push(record);
    else more = true;
  }
  return {records, nextCursor: more ? records.at(-1)!.nodeId : null, total};
}

/** Counts and bonds by phase. */
export function registryStats(state: State): {
  activeCount: number;
  bondedDust: bigint;
  pendingUnbondCount: number;
  pendingUnbondDust: bigint;
} {
  const stats = {activeCount: 0, bondedDust: 0n, pendingUnbondCount: 0, pendingUnbondDust: 0n};
  for (const nodeId of state.keys(enrollments)) {
    const record = state.get(enrollments, nodeId)!;
    if (record.revokedAtHeight === null) {
      stats.activeCount++;
      stats.bondedDust += record.stakeDust;
    } else if (record.stakeDust > 0n) {
      stats.pendingUnbondCount++;
      stats.pendingUnbondDust += record.stakeDust;
    }
  }
  return stats;
}
