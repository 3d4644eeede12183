/** Appends to an audit log as a coordinator does, and tells of each entry that it answers for: `append-audit.ts FILE COUNT`. */
import {AuditLog} from "../../../src/node/quorum/audit/log.js";
import {SqliteAuditLogStore} from "../../../src/node/storage/quorum/audit-store.js";

const [, , file, count] = process.argv as [string, string, string, string];
const store = SqliteAuditLogStore.open(file);
const log = new AuditLog(store);
const [subject, commitment] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
for (let i = 0; i < Number(count); i++) {
  const note = {subject, programId: null, party: "alice", kind: "evaluate", outcome: "done", commitment};
  log.defer({event: "begin", ...note}, i);
  // Every fourth is one that holds the thread.
  if (i % 4 === 3) log.append({event: "end", ...note}, i);
  else await log.flushed();
  process.stdout.write(`size ${log.size}\n`);
}
store.close();
