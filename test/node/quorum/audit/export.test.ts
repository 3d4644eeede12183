/** What a log says of one organisation, checked with the roster alone. */
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {auditEntry, checkpoint, countersignature} from "../../../../src/codecs/quorum/strict/audit.js";
import {type AuditExport, auditExportFile} from "../../../../src/codecs/quorum/strict/audit-export.js";
import {digestOf, sign} from "../../../../src/codecs/quorum/strict/statement.js";
import {Party} from "../../../../src/node/custody/party.js";
import {checkExport, LogExport, partiesOf} from "../../../../src/node/quorum/audit/export.js";
import {follow} from "../../../../src/node/quorum/audit/follow.js";
import {EMPTY_LOG} from "../../../../src/node/quorum/audit/log.js";
import {frontierRoot} from "../../../../src/node/quorum/audit/tree.js";
import {loadPartySuite} from "../../../../src/node/quorum-strict.js";
import {StrictQuorum} from "../../../support/strict-quorum.js";

const ORGANISATIONS = {"custodian-0": "north", "custodian-1": "south", alice: "north", bob: "south"};
const WHO = ["", "alice", "bob", "custodian-0", "bob", "alice", "", "alice", "custodian-1", "alice"];

describe("an export of one organisation's entries", () => {
  let quorum: StrictQuorum;
  let exported: AuditExport;
  let all: Uint8Array[];
  let coordinator: Party;
  beforeAll(async () => {
    quorum = await StrictQuorum.create({n: 3, k: 2, organisations: ORGANISATIONS});
    coordinator = new Party(quorum.keys.coordinator, await loadPartySuite());
    all = [];
    let end = EMPTY_LOG;
    for (const [at, party] of WHO.entries()) {
      const said = {event: "masks", subject: new Uint8Array(32).fill(at), programId: null, party} as const;
      const rest = {kind: "", outcome: "ok", commitment: null};
      const bytes = auditEntry.encode({index: BigInt(at), timeMs: BigInt(at), previous: end.head, ...said, ...rest});
      end = follow(end, bytes).end;
      all.push(bytes);
    }
    exported = exportOf("north");
  });
  afterAll(() => quorum.stop());

  /** What custodians at `signers` have signed of the first `size` entries. */
  const signed = (size: number, signers = [0, 2]) => {
    let end = EMPTY_LOG;
    for (const bytes of all.slice(0, size)) end = follow(end, bytes).end;
    const {members, parties} = quorum;
    const log = {size: BigInt(size), root: frontierRoot(end.frontier), head: end.head, timeMs: 99n};
    const content = {roster: members.digest, coordinator: 0, ...log};
    const newest = sign(checkpoint, content, (message) => coordinator.sign(message));
    const of = digestOf(checkpoint, newest);
    const countersignatures = signers.map((custodian) =>
      sign(countersignature, {checkpoint: of, custodian}, (message) => parties.custodians[custodian]!.sign(message)),
    );
    return {checkpoint: newest, countersignatures};
  };
  const exportOf = (organisation: string, {size = 9, from = 0} = {}): AuditExport => {
    const log = new LogExport(partiesOf(organisation, quorum.members), {from, size});
    for (const bytes of all) log.add(auditEntry.decode(bytes));
    return log.export(organisation, signed(size));
  };
  const checked = (change: Partial<AuditExport> = {}) => {
    const {verify} = quorum.parties.custodians[0]!;
    return checkExport({...exported, ...change}, {members: quorum.members, verify});
  };
  const refusal = (code: string, message = "") =>
    expect.objectContaining({code, message: expect.stringContaining(message)});

  test("has what its parties asked for, of what is signed, and survives its file", () => {
    const {entries, head} = checked(auditExportFile.decode(auditExportFile.encode(exported)));
    // Entry 9 is not signed for yet.
    expect(entries.map(({index, party}) => [Number(index), party])).toEqual([
      [1, "alice"],
      [3, "custodian-0"],
      [5, "alice"],
      [7, "alice"],
    ]);
    expect([head.size, head.signers, exported.to]).toEqual([9, [0, 2], 9n]);
    expect(checked(exportOf("south", {from: 4})).entries.map(({index}) => index)).toEqual([4n, 8n]);
    expect(checked(exportOf("north", {size: 10})).entries).toHaveLength(5);
    expect(checked(exportOf("north", {size: 3, from: 5}))).toMatchObject({entries: [], head: {size: 3}});
  });

  test("takes no room for entries that nobody signed for, however many there are", () => {
    const log = new LogExport(partiesOf("north", quorum.members), {from: 0, size: 9});
    for (const bytes of all) log.add(auditEntry.decode(bytes));
    expect(log.subtree(0, 8)).toHaveLength(32);
    expect(log.subtree(0, 9)).toBeUndefined();
  });

  test("of nobody is none", () => {
    for (const nobody of ["", "west", "alice"]) {
      expect(() => exportOf(nobody)).toThrow(refusal("ORGANISATION_UNKNOWN"));
      expect(() => checked({organisation: nobody})).toThrow(refusal("ORGANISATION_UNKNOWN"));
    }
  });

  test("is refused where an entry is another's, twice there, or out of order", () => {
    const {entries} = exported;
    const [first, second] = entries as [(typeof entries)[0], (typeof entries)[0]];
    expect(() => checked({organisation: "south"})).toThrow(refusal("AUDIT_EXPORT_INVALID", "concerns another"));
    expect(() => checked({entries: [second, first]})).toThrow(refusal("AUDIT_EXPORT_INVALID", "out of order"));
    expect(() => checked({entries: [first, first]})).toThrow(refusal("AUDIT_EXPORT_INVALID", "out of order"));
    expect(() => checked({from: 2n})).toThrow(refusal("AUDIT_EXPORT_INVALID", "out of order"));
    expect(() => checked({to: 7n})).toThrow(refusal("AUDIT_EXPORT_INVALID", "out of order"));
    expect(() => checked({to: 10n})).toThrow(refusal("AUDIT_EXPORT_INVALID", "more than is signed"));
    expect(() => checked({from: 9n, to: 8n, entries: []})).toThrow(refusal("AUDIT_EXPORT_INVALID"));
  });

  test("is refused where an entry was changed, or its proof is another's", () => {
    const {entries} = exported;
    const [first, ...others] = entries as [(typeof entries)[0], ...typeof entries];
    const changed = auditEntry.encode({...auditEntry.decode(first.entry), outcome: "BUDGET_EXHAUSTED"});
    const wrong = refusal("AUDIT_PROOF_WRONG");
    expect(() => checked({entries: [{...first, entry: changed}, ...others]})).toThrow(wrong);
    expect(() => checked({entries: [{...first, proof: others[0]!.proof}]})).toThrow(wrong);
    expect(() => checked({entries: [{...first, proof: first.proof.slice(1)}]})).toThrow(wrong);
    expect(() => checked({countersigned: signed(8)})).toThrow(refusal("AUDIT_EXPORT_INVALID"));
    expect(() => checked({countersigned: signed(10)})).toThrow(wrong);
  });

  test("is refused where fewer than K custodians signed, or for another roster", async () => {
    expect(() => checked({countersigned: signed(9, [1])})).toThrow(refusal("CHECKPOINT_UNSIGNED"));
    const other = await StrictQuorum.create({n: 3, k: 2, organisations: ORGANISATIONS});
    const {verify} = quorum.parties.custodians[0]!;
    expect(() => checkExport(exported, {members: other.members, verify})).toThrow(refusal("ROSTER_MISMATCH"));
    await other.stop();
  });
});
