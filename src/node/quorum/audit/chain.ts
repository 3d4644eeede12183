/**
 * The audit log: entries that each carry the hash of the one before. A chain shows that nothing inside it was changed;
 * it cannot show that its end was cut off.
 */
import {hexOf, utf8} from "../../../codecs/bytes.js";
import {sha256} from "../../../codecs/hash.js";
import {canonicalJson, members, type ValueObject} from "../../../codecs/quorum/json.js";

/** What happened. */
export interface AuditEvent {
  /** Seconds since 1970, a double. */
  readonly timestamp: number;
  /** For example `install`. */
  readonly event: string;
  readonly data: ValueObject;
}

export interface AuditEntry extends AuditEvent {
  /** 64 hex digits each. */
  readonly prevHash: string;
  readonly entryHash: string;
}

/** What the first entry follows. */
export const GENESIS_HASH = "0".repeat(64);

/** The text that an entry's hash covers. */
export const auditPayload = ({timestamp, event, data}: AuditEvent, prevHash: string): string =>
  canonicalJson(members({timestamp, event, data, prev_hash: prevHash}));

/** `event` as the entry after the one with hash `prevHash`. */
export const chainEntry = (event: AuditEvent, prevHash: string): AuditEntry => ({
  ...event,
  prevHash,
  entryHash: hexOf(sha256(utf8(auditPayload(event, prevHash)))),
});

/** Hash of the last of `entries` where they follow on `head` without a break, else `null`. */
export function followChain(head: string, entries: Iterable<AuditEntry>): string | null {
  for (const entry of entries) {
    if (entry.prevHash !== head || chainEntry(entry, head).entryHash !== entry.entryHash) return null;
    head = entry.entryHash;
  }
  return head;
}

/** Place of the first entry whose hash or link is wrong, `null` in a sound log. */
export function firstBreak(entries: Iterable<AuditEntry>): number | null {
  let head = GENESIS_HASH;
  let at = 0;
  for (const entry of entries) {
    if (entry.prevHash !== head || chainEntry(entry, head).entryHash !== entry.entryHash) return at;
    head = entry.entryHash;
    at++;
  }
  return null;
}

/** Whether every hash and every link from the first entry on is right. */
export const verifyChain = (entries: Iterable<AuditEntry>): boolean => firstBreak(entries) === null;
