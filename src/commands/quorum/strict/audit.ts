/** The audit log of a coordinator that nobody trusts: read whole, and held to what custodians signed. */
import {checkAddress} from "../../../codecs/address.js";
import {bytesOfHex, hexOf} from "../../../codecs/bytes.js";
import {anchorKey} from "../../../codecs/chain/quorum-anchor.js";
import {checkpointFile, type StrictAuditEntry} from "../../../codecs/quorum/strict/audit.js";
import {RuleError} from "../../../errors.js";
import type {StrictClient} from "../../../node/custody/client.js";
import type {LogHead} from "../../../node/quorum/audit/tree.js";
import {withClient} from "../../client.js";
import type {Io} from "../../io.js";
import {anchoredAt} from "./anchored.js";
import {atCoordinator, type StrictFlags} from "./files.js";

export interface AuditFlags extends StrictFlags {
  readonly timeout?: number;
  readonly checkpoint?: string;
  readonly out?: string;
  readonly force: boolean;
  readonly list: boolean;
  readonly anchoredBy?: string;
  readonly apiUrl?: string;
}

const CHECKPOINT_MAX_BYTES = 256 * 1024;

export function auditStrictly(io: Io, flags: AuditFlags): Promise<void> {
  return atCoordinator(io, flags, async (client) => {
    const kept = flags.checkpoint === undefined ? null : await keptCheckpoint(io, client, flags.checkpoint);
    const anchored = flags.anchoredBy === undefined ? null : await anchorOf(io, client, flags);
    const known = [kept, anchored].filter((head) => head !== null);
    const {auditLog} = await import("../../../node/custody/log-audit.js");
    const listed: StrictAuditEntry[] = [];
    const progress = io.progress("reading the log");
    const audited = await auditLog(client, known, (entry, size) => {
      if (flags.list) listed.push(entry);
      progress.tick(`reading the log: entry ${entry.index} of ${size}`);
    }).finally(() => progress.done());
    const {end, newest, countersigned, root} = audited;
    if (!newest) io.warn("no checkpoint is signed yet: what the log says is the coordinator's word alone");
    if (flags.out !== undefined) {
      if (!countersigned) throw new RuleError("CHECKPOINT_NONE", "there is no checkpoint to keep yet");
      await io.writeFile(flags.out, checkpointFile.encode(countersigned), {force: flags.force});
    }
    const summary = {
      coordinator: client.coordinator,
      ...{entries: end.size, root: hexOf(root), signed_entries: newest?.size ?? 0},
      signed_by: newest ? client.namesOf(newest.signers) : [],
      anchored_entries: anchored?.size ?? 0,
    };
    io.result({...summary, ...(flags.list ? {log: listed.map(fieldsOf)} : {})}, [
      ...listed.map((entry) => Object.values(fieldsOf(entry))),
      [summary.entries, summary.root, summary.signed_entries, summary.signed_by.join(","), summary.anchored_entries],
    ]);
  });
}

/** The log at a checkpoint that was kept in a file. */
export async function keptCheckpoint(io: Io, client: StrictClient, path: string) {
  const bytes = await io.readFile(path, {flag: "--checkpoint", maxBytes: CHECKPOINT_MAX_BYTES});
  return client.checkpointIn(checkpointFile.decode(bytes));
}

/** @throws RuleError AUDIT_NOT_ANCHORED */
async function anchorOf(io: Io, {quorum, log}: StrictClient, {anchoredBy, apiUrl}: AuditFlags): Promise<LogHead> {
  const key = anchorKey(checkAddress(anchoredBy!), {quorum, log});
  const found = await withClient(io, apiUrl === undefined ? {} : {apiUrl}, (node) => anchoredAt(node, key));
  if (found) return {size: Number(found.size), root: bytesOfHex(found.root)};
  throw new RuleError("AUDIT_NOT_ANCHORED", `${anchoredBy} has anchored nothing of this log`, {
    hint: "qsdm quorum audit anchor does; what is anchored is seen once its block is final",
  });
}

/** An entry as it is printed. */
export const fieldsOf = ({index, timeMs, event, kind, outcome, party, programId, subject}: StrictAuditEntry) => ({
  ...{index, time: new Date(Number(timeMs)).toISOString(), event, kind: kind || "-", outcome, party: party || "-"},
  ...{program_id: programId ? hexOf(programId) : "-", subject: hexOf(subject)},
});
