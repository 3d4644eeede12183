/** The audit log of a coordinator, whose commits are flushed beside its thread. */
import {existsSync} from "node:fs";
import path from "node:path";
import {equalBytes, hexOf} from "../../src/codecs/bytes.js";
import {auditEntry} from "../../src/codecs/quorum/strict/audit.js";
import {EMPTY_LOG} from "../../src/node/quorum/audit/log.js";
import {leafHash} from "../../src/node/quorum/audit/tree.js";
import {SqliteAuditLogStore} from "../../src/node/storage/quorum/audit-store.js";
import {processOf, recordIn} from "./node-process.js";
import type {Workload} from "./recording.js";

const FILE = "audit.db";
/** Of entries for each block that a node makes in other histories. */
const ENTRIES = 10;

export const AUDIT: Workload = {
  record: (library, directory, {blocks}) =>
    recordIn(library, directory, async (workplace) => {
      const words = [path.join(workplace.root, FILE), String(ENTRIES * blocks)] as const;
      await workplace.runScript(processOf("append-audit.ts"), ...words);
      return {};
    }),
  observer: () => ({
    // What was appended is read before it is on the disk, so that a process may see more than it answered for.
    parts: [{name: "log", isPromised: false, owns: (file) => file.startsWith(FILE), look: logIn}],
    owed(heard, {log}) {
      const size = Number(log!.split(" ")[0]);
      const told = heard.flatMap(sizesIn);
      return told.every((each) => Number(each) <= size)
        ? null
        : `entry ${told.at(-1)} was answered for, of ${size} kept`;
    },
  }),
};

/** Sizes that were told of. What runs the script has sockets of its own, on which no text goes. */
function sizesIn(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString("latin1");
  return [...text.matchAll(/^size (\d+)$/gm)].map(([, count]) => count!);
}

/** How many entries there are, the leaf of the last, and the tree. @throws Error where they do not follow each other */
async function logIn(root: string): Promise<string> {
  const place = path.join(root, FILE);
  if (!existsSync(place)) return "0";
  const store = SqliteAuditLogStore.open(place);
  try {
    const {size, head, frontier} = store.end();
    const entries = store.entries(0, size + 1);
    if (entries.length !== size) throw new Error(`${entries.length} entries of ${size}`);
    for (const [at, bytes] of entries.entries()) {
      const {previous} = auditEntry.decode(bytes);
      const before = at === 0 ? EMPTY_LOG.head : leafHash(entries[at - 1]!);
      if (!equalBytes(previous, before)) throw new Error(`entry ${at} does not follow the one before`);
    }
    return `${size} ${hexOf(head)} ${frontier.map(hexOf).join()}`;
  } finally {
    store.close();
  }
}
