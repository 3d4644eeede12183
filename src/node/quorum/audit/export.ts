/**
 * What a log says of one organisation, for whoever has the roster and no way to the coordinator. Each entry is proven to be in
 * the log; that none is left out is not: only reading all of it shows that, as whoever makes the export does.
 */

import {auditEntry, type Countersigned, type StrictAuditEntry} from "../../../codecs/quorum/strict/audit.js";
import type {AuditExport} from "../../../codecs/quorum/strict/audit-export.js";
import {EXPORT_ENTRIES_MAX} from "../../../codecs/quorum/strict/audit-export.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {RuleError} from "../../../errors.js";
import type {Members} from "../strict/members.js";
import {checkCountersigned} from "./countersigned.js";
import {appendLeaf, type Frontier, inclusionProof, leafHash, type Subtrees, verifyInclusion} from "./tree.js";

interface ExportRange {
  /** Entries before it are read for the tree alone. */
  readonly from: number;
  /** Entries that are signed for. A coordinator may go on for ever behind them, and nothing of that is kept. */
  readonly size: number;
}

/** The tree over a log that is read once, from its beginning, and what concerns some parties of it. */
export class LogExport implements Subtrees {
  readonly #levels: Uint8Array[][] = [];
  readonly #kept: {readonly index: number; readonly bytes: Uint8Array}[] = [];
  #frontier: Frontier = [];
  #size = 0;

  constructor(
    private readonly parties: ReadonlySet<string>,
    private readonly range: ExportRange,
  ) {}

  add(entry: StrictAuditEntry): void {
    const {from, size} = this.range;
    if (this.#size === size) return;
    const index = this.#size++;
    // An entry has one encoding.
    const bytes = auditEntry.encode(entry);
    const {frontier, completed} = appendLeaf(this.#frontier, index, leafHash(bytes));
    this.#frontier = frontier;
    for (const {level, root} of completed) {
      this.#levels[level] ??= [];
      this.#levels[level].push(root);
    }
    if (index >= from && this.parties.has(entry.party) && this.#kept.length <= EXPORT_ENTRIES_MAX)
      this.#kept.push({index, bytes});
  }

  subtree(level: number, index: number): Uint8Array {
    return this.#levels[level]![index]!;
  }

  /**
   * What is signed for of it, in one file: the next goes on from its `to`.
   * @param countersigned of as many entries
   */
  export(organisation: string, countersigned: Countersigned): AuditExport {
    const {from, size} = this.range;
    const to = this.#kept[EXPORT_ENTRIES_MAX]?.index ?? size;
    const entries = this.#kept
      .slice(0, EXPORT_ENTRIES_MAX)
      .map(({index, bytes}) => ({entry: bytes, proof: inclusionProof(this, index, size)}));
    return {organisation, countersigned, from: BigInt(Math.min(from, size)), to: BigInt(to), entries};
  }
}

/** Names of an organisation's parties. @throws RuleError ORGANISATION_UNKNOWN */
export function partiesOf(organisation: string, {roster}: Pick<Members, "roster">): ReadonlySet<string> {
  const all = [...roster.custodians, ...roster.coordinators, ...roster.clients];
  const names = all.filter((each) => each.organisation === organisation).map(({card}) => card.name);
  if (organisation !== "" && names.length > 0) return new Set(names);
  throw new RuleError("ORGANISATION_UNKNOWN", `no party of the roster is of organisation "${organisation}"`, {
    hint: "qsdm quorum roster verify shows who runs which parties",
  });
}

export interface CheckedExport {
  readonly entries: readonly StrictAuditEntry[];
  readonly head: ReturnType<typeof checkCountersigned>;
}

/** @throws RuleError ORGANISATION_UNKNOWN, AUDIT_EXPORT_INVALID, AUDIT_PROOF_WRONG, and as `checkCountersigned` */
export function checkExport(
  {organisation, countersigned, from, to, entries}: AuditExport,
  {members, verify}: {readonly members: Members; readonly verify: VerifySignature},
): CheckedExport {
  const parties = partiesOf(organisation, members);
  const head = checkCountersigned(members, verify, countersigned);
  if (from > to || to > BigInt(head.size)) invalid("says more than is signed for");
  let next = from;
  const read = entries.map(({entry: bytes, proof}) => {
    const entry = auditEntry.decode(bytes);
    const {index, party} = entry;
    if (index < next || index >= to) invalid(`has entry ${index} out of order`);
    if (!parties.has(party)) invalid(`has entry ${index}, which concerns another`);
    if (!verifyInclusion({leaf: leafHash(bytes), index: Number(index)}, head, proof))
      throw new RuleError("AUDIT_PROOF_WRONG", `entry ${index} is not in what was signed`);
    next = index + 1n;
    return entry;
  });
  return {entries: read, head};
}

function invalid(why: string): never {
  throw new RuleError("AUDIT_EXPORT_INVALID", `the export ${why}`);
}
