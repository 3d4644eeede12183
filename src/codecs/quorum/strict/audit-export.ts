/** Entries of an audit log that concern one organisation, each with the proof that it is in what custodians signed. */
import {blob, type FieldValue, fixed, list, record, text, u64} from "../../cbor/record.js";
import {armored} from "./armor.js";
import {countersigned, ENTRY_MAX_BYTES} from "./audit.js";

/** Entries in one file; the next one goes on. */
export const EXPORT_ENTRIES_MAX = 16_384;
/** Digests beside the way to the root of the longest log. */
const PROOF_MAX = 48;
export const EXPORT_MAX_BYTES = 64 * 1024 * 1024;

export const auditExport = record("qvm/audit-export/1", {
  organisation: text({minBytes: 1, maxBytes: 63}),
  countersigned,
  /** Looked through from this entry on, to before that one. */
  from: u64,
  to: u64,
  entries: list(
    record("qvm/audit-export/entry/1", {entry: blob({max: ENTRY_MAX_BYTES}), proof: list(fixed(32), PROOF_MAX)}),
    EXPORT_ENTRIES_MAX,
  ),
});
export type AuditExport = FieldValue<typeof auditExport>;
export const auditExportFile = armored("qsdm-quorum-audit-export", auditExport, EXPORT_MAX_BYTES);
