/** The audit log as a coordinator serves it. */
import {isList, isObject, type Value} from "../../codecs/quorum/json.js";
import {DecodeError} from "../../errors.js";
import type {AuditEntry} from "../../node/quorum/audit/chain.js";

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
