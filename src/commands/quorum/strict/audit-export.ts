/** What the audit log says of one organisation, in a file that is checked without anybody's help. */
import {hexOf} from "../../../codecs/bytes.js";
import {auditExportFile, EXPORT_MAX_BYTES} from "../../../codecs/quorum/strict/audit-export.js";
import {rosterFile} from "../../../codecs/quorum/strict/roster.js";
import {loadMlDsa} from "../../../node/compute/ml-dsa.js";
import {checkExport} from "../../../node/quorum/audit/export.js";
import {Members} from "../../../node/quorum/strict/members.js";
import type {Io} from "../../io.js";
import {fieldsOf} from "./audit.js";
import {atCoordinator, ROSTER_MAX_BYTES, type StrictFlags} from "./files.js";

export interface ExportFlags extends StrictFlags {
  readonly timeout?: number;
  readonly organisation: string;
  readonly from: number;
  readonly out: string;
  readonly force: boolean;
}

export function exportStrictly(io: Io, {organisation, from, out, force, ...flags}: ExportFlags): Promise<void> {
  return atCoordinator(io, flags, async (client) => {
    const {exportLog} = await import("../../../node/custody/log-export.js");
    const progress = io.progress("reading the log");
    const exported = await exportLog(client, {organisation, from}, ({index}, size) =>
      progress.tick(`reading the log: entry ${index} of ${size}`),
    ).finally(() => progress.done());
    await io.writeFile(out, auditExportFile.encode(exported), {force});
    const {signers, size, root} = client.checkpointIn(exported.countersigned);
    const {entries, to} = exported;
    const next = to < BigInt(size) ? to : null;
    if (next !== null) io.note(`the file is full; the next one goes on with --from ${next}`);
    const of = {organisation, entries: entries.length, from: exported.from, to, next};
    io.result(
      {
        path: out,
        coordinator: client.coordinator,
        ...of,
        signed_entries: size,
        root: hexOf(root),
        signed_by: client.namesOf(signers),
      },
      [[entries.length, to, hexOf(root), client.namesOf(signers).join(","), client.coordinator]],
    );
  });
}

/** Checks an export against the roster alone. */
export async function verifyExport(
  io: Io,
  {file, roster, list}: {readonly file: string; readonly roster: string; readonly list: boolean},
): Promise<void> {
  const exported = auditExportFile.decode(await io.readFile(file, {flag: "--file", maxBytes: EXPORT_MAX_BYTES}));
  const signed = rosterFile.decode(await io.readFile(roster, {flag: "--roster", maxBytes: ROSTER_MAX_BYTES}));
  const {verify} = await loadMlDsa(87, "few");
  const members = Members.of(signed, verify);
  const {entries, head} = checkExport(exported, {members, verify});
  const {organisation, from, to} = exported;
  const of = {organisation, entries: entries.length, from, to};
  // Each has a log of its own: what another one's says is not here.
  const coordinator = members.byChannel(head.log)!.card.name;
  const by = {coordinator, signed_entries: head.size, root: hexOf(head.root), signed_by: members.namesOf(head.signers)};
  io.note("what is here is in the log; that nothing is left out is for whoever reads all of it to say");
  io.result({...of, ...by, ...(list ? {log: entries.map(fieldsOf)} : {})}, [
    ...(list ? entries : []).map((entry) => Object.values(fieldsOf(entry))),
    [entries.length, to, by.root, by.signed_by.join(","), coordinator],
  ]);
}
