/** Reading a log as it grows: every entry is held to the one before, and the root follows from all of them. */
import {equalBytes} from "../../../codecs/bytes.js";
import {auditEntry, type StrictAuditEntry} from "../../../codecs/quorum/strict/audit.js";
import {DecodeError, RuleError} from "../../../errors.js";
import type {LogEnd} from "./log.js";
import {appendLeaf, LOG_MAX, leafHash} from "./tree.js";

/** Of a Date; a disk holds no larger number than 2^63 either. */
const TIME_MAX_MS = 8_640_000_000_000_000n;

/**
 * `end` with the entry `bytes`.
 * @throws RuleError AUDIT_CHAIN_BROKEN where it does not follow
 */
export function follow(end: LogEnd, bytes: Uint8Array): {readonly end: LogEnd; readonly entry: StrictAuditEntry} {
  const {size, head, frontier, timeMs} = end;
  const entry = entryIn(bytes, size);
  if (entry.index !== BigInt(size) || size >= LOG_MAX) broken(size, `it says that it is entry ${entry.index}`);
  if (!equalBytes(entry.previous, head)) broken(size, "it names another entry before it");
  if (entry.timeMs < timeMs || entry.timeMs > TIME_MAX_MS)
    broken(size, "its time is not behind that of the one before");
  const leaf = leafHash(bytes);
  return {
    end: {size: size + 1, frontier: appendLeaf(frontier, size, leaf).frontier, head: leaf, timeMs: entry.timeMs},
    entry,
  };
}

function entryIn(bytes: Uint8Array, size: number): StrictAuditEntry {
  try {
    return auditEntry.decode(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return broken(size, error.message);
    throw error;
  }
}

function broken(index: number, why: string): never {
  throw new RuleError("AUDIT_CHAIN_BROKEN", `entry ${index} does not follow: ${why}`, {
    hint: "entries before it are as they were written",
    details: {entry: index},
  });
}
