/** What a coordinator's log says of one organisation, taken out of all of it. */
import type {StrictAuditEntry} from "../../codecs/quorum/strict/audit.js";
import type {AuditExport} from "../../codecs/quorum/strict/audit-export.js";
import {LogExport} from "../quorum/audit/export.js";
import type {StrictClient} from "./client.js";
import {auditLog} from "./log-audit.js";
import {newestCheckpoint} from "./log-proof.js";

/**
 * Reads every entry, so that none which is signed for is missing from what this gives; up to as many as a file holds.
 * @param told hears of each entry
 * @throws RuleError ORGANISATION_UNKNOWN, and as `newestCheckpoint` and `auditLog`
 */
export async function exportLog(
  client: StrictClient,
  {organisation, from}: {readonly organisation: string; readonly from: number},
  told: (entry: StrictAuditEntry, size: number) => void,
): Promise<AuditExport> {
  const parties = client.partiesOf(organisation);
  const {countersigned, head} = await newestCheckpoint(client);
  const log = new LogExport(parties, {from, size: head.size});
  await auditLog(client, [head], (entry, size) => {
    log.add(entry);
    told(entry, size);
  });
  return log.export(organisation, countersigned);
}
