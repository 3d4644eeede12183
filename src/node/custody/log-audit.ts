/** An auditor at a coordinator: its whole log is read, and held to what custodians signed of it. */
import {equalBytes} from "../../codecs/bytes.js";
import type {Countersigned, StrictAuditEntry} from "../../codecs/quorum/strict/audit.js";
import {ENTRIES_MAX} from "../../codecs/quorum/strict/calls.js";
import {RuleError} from "../../errors.js";
import {follow} from "../quorum/audit/follow.js";
import {EMPTY_LOG, type LogEnd} from "../quorum/audit/log.js";
import {frontierRoot, type LogHead} from "../quorum/audit/tree.js";
import type {StrictClient} from "./client.js";

export interface AuditedLog {
  readonly end: LogEnd;
  readonly root: Uint8Array;
  /** The newest that enough custodians signed; `null` where there is none yet. */
  readonly newest: (LogHead & {readonly signers: readonly number[]}) | null;
  readonly countersigned: Countersigned | null;
}

/**
 * Reads every entry, and checks each `known` head and the coordinator's newest checkpoint on the way.
 * @param known from elsewhere: a checkpoint kept, or one on the ledger
 * @param told hears of each entry
 * @throws RuleError AUDIT_CHAIN_BROKEN, CHECKPOINT_UNSIGNED, ROSTER_MISMATCH, AUDIT_FORKED
 */
export async function auditLog(
  client: StrictClient,
  known: readonly LogHead[],
  told: (entry: StrictAuditEntry, size: number) => void,
): Promise<AuditedLog> {
  const {countersigned} = await client.call("checkpoint", {});
  const newest = countersigned && client.checkpointIn(countersigned);
  const heads = newest ? [...known, newest] : known;
  let end = EMPTY_LOG;
  compare(end, heads);
  for (;;) {
    const {entries, size} = await client.call("audit", {from: BigInt(end.size), count: ENTRIES_MAX});
    for (const bytes of entries) {
      const next = follow(end, bytes);
      end = next.end;
      told(next.entry, Number(size));
      compare(end, heads);
    }
    if (entries.length === 0) break;
  }
  for (const {size} of heads) if (size > end.size) forked(`it has ${end.size} entries, and had ${size}`);
  return {end, root: frontierRoot(end.frontier), newest, countersigned};
}

function compare({size, frontier}: LogEnd, heads: readonly LogHead[]): void {
  for (const head of heads)
    if (head.size === size && !equalBytes(head.root, frontierRoot(frontier)))
      forked(`its first ${size} entries are not those that were signed`);
}

/** @throws RuleError AUDIT_FORKED */
export function forked(why: string): never {
  throw new RuleError("AUDIT_FORKED", `the log was cut or rewritten: ${why}`, {
    hint: "the checkpoint and the coordinator's key together prove it",
  });
}
