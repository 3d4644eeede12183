/** The audit log as a coordinator serves it. */
import {isList, isObject, type Value} from "../../codecs/quorum/json.js";
import {DecodeError} from "../../errors.js";
import type {AuditEntry} from "../../node/quorum/audit/chain.js";
import type {ServiceClient} from "./service-client.js";

/** All parts of the log that `client` serves. @throws DecodeError AUDIT_INVALID */
export async function fetchEntries(client: Pick<ServiceClient, "get">): Promise<readonly AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for (;;) {
    const part = await client.get(entries.length === 0 ? "/audit" : `/audit?from=${entries.length}`);
    const read = readEntries(part);
    for (const entry of read) entries.push(entry);
    if (part.get("next") === undefined || read.length === 0) return entries;
  }
}

/** @throws DecodeError AUDIT_INVALID */
export function readEntries(log: Value): readonly AuditEntry[] {
  const entries = isObject(log) ? log.get("entries") : undefined;
  if (!isList(entries)) throw new DecodeError("AUDIT_INVALID", "the log has no list of entries");
  return entries.map((entry, at) => {
    if (isObject(entry)) {
      const [timestamp, event, data] = [entry.get("timestamp"), entry.get("event"), entry.get("data")];
      const [prevHash, entryHash] = [entry.get("prev_hash"), entry.get("entry_hash")];
      if (
        typeof timestamp === "number" &&
        typeof event === "string" &&
        isObject(data) &&
        typeof prevHash === "string" &&
        typeof entryHash === "string"
      )
        return {timestamp, event, data, prevHash, entryHash};
    }
    throw new DecodeError("AUDIT_INVALID", `entry ${at} of the log is not whole`);
  });
}
