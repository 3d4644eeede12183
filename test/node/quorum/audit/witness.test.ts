/** What custodians sign of a coordinator's log, and what they do not. */
import {createHash} from "node:crypto";
import {readdirSync, statSync} from "node:fs";
import {join} from "node:path";
import {afterAll, beforeAll, beforeEach, describe, expect, test} from "vitest";
import {utf8} from "../../../../src/codecs/bytes.js";
import {sha3} from "../../../../src/codecs/hash.js";
import {
  auditEntry,
  checkpoint,
  countersignature,
  resultCommitment,
} from "../../../../src/codecs/quorum/strict/audit.js";
import {sign} from "../../../../src/codecs/quorum/strict/statement.js";
import {Party} from "../../../../src/node/custody/party.js";
import {checkCountersigned} from "../../../../src/node/quorum/audit/countersigned.js";
import {AuditLog, type AuditNote, EMPTY_LOG} from "../../../../src/node/quorum/audit/log.js";
import {leafHash, verifyConsistency, verifyInclusion} from "../../../../src/node/quorum/audit/tree.js";
import {type SignedCheckpoint, Witness} from "../../../../src/node/quorum/audit/witness.js";
import {loadPartySuite} from "../../../../src/node/quorum-strict.js";
import {SqliteAuditLogStore, SqliteWitnessStore} from "../../../../src/node/storage/quorum/audit-store.js";
import {scratchDirectory} from "../../../support/chain.js";
import {StrictQuorum} from "../../../support/strict-quorum.js";

const NOW_MS = 1_800_000_000_000;
const job = (name: string): Uint8Array => sha3(utf8(name));
const note = (name: string): AuditNote => ({
  ...{event: "begin", subject: job(name), programId: null, party: "alice", kind: "evaluate"},
  ...{outcome: "ok", commitment: null},
});

let quorum: StrictQuorum;
let coordinator: Party;
beforeAll(async () => {
  quorum = await StrictQuorum.create({n: 3, k: 2});
  coordinator = new Party(quorum.keys.coordinator, await loadPartySuite());
});
afterAll(() => quorum.stop());

test("a log is on the disk when it says so, what was on its way there as well", async () => {
  const arrived: (() => void)[] = [];
  const log = new AuditLog({
    ...{end: () => EMPTY_LOG, append() {}, entries: () => [], subtree: () => new Uint8Array(32)},
    appended: () => new Promise((resolve) => arrived.push(resolve)),
  });
  log.defer(note("a"), NOW_MS);
  const first = log.flushed();
  let second = false;
  const later = log.flushed().then(() => {
    second = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect([arrived.length, second]).toEqual([1, false]);
  arrived[0]!();
  await Promise.all([first, later]);
});

describe("a custodian", () => {
  let log: AuditLog;
  let store: SqliteAuditLogStore;
  let read: SqliteWitnessStore;
  let witness: Witness;
  let folder: string;

  const role = () => {
    return {kind: "coordinator", place: 0, ...quorum.roster.content.coordinators[0]!} as const;
  };
  const witnessAt = (place: number, path: string): Witness => {
    read = SqliteWitnessStore.open(path);
    return new Witness({
      ...{members: quorum.members, place, store: read, verify: coordinator.verify},
      sign: (message) => quorum.parties.custodians[place]!.sign(message),
    });
  };
  const signed = (change: Partial<SignedCheckpoint["content"]> = {}): SignedCheckpoint => {
    const {size, root, head} = log.head;
    const content = {
      roster: quorum.members.digest,
      coordinator: 0,
      size: BigInt(size),
      root,
      head,
      timeMs: BigInt(NOW_MS),
    };
    return sign(checkpoint, {...content, ...change}, (message) => coordinator.sign(message));
  };
  const code = (code: string) => expect.objectContaining({code});

  beforeEach(() => {
    folder = scratchDirectory();
    store = SqliteAuditLogStore.open(join(folder, "log.db"));
    log = new AuditLog(store);
    witness = witnessAt(1, join(folder, "witness.db"));
    for (const name of ["a", "b", "c", "d", "e"]) log.append(note(name), NOW_MS);
  });

  test("signs a checkpoint of a log that it has read, and goes on from there after a restart", () => {
    expect(witness.read(role(), log.entries(0, 3))).toBe(3);
    read.close();
    const again = witnessAt(1, join(folder, "witness.db"));
    expect(again.read(role(), [])).toBe(3);
    expect(again.read(role(), log.entries(3, 9))).toBe(5);
    const by = again.countersign(role(), signed(), NOW_MS);
    expect(by.content.custodian).toBe(1);
    const other = sign(countersignature, {...by.content, custodian: 2}, (message) =>
      quorum.parties.custodians[2]!.sign(message),
    );
    const countersigned = {checkpoint: signed(), countersignatures: [by, other]};
    const checked = checkCountersigned(quorum.members, coordinator.verify, countersigned);
    expect(checked).toMatchObject({size: 5, root: log.head.root, signers: [1, 2]});
  });

  test("keeps what it has read in files for its owner alone", () => {
    witness.read(role(), log.entries(0, 3));
    const files = readdirSync(folder).filter((name) => name.startsWith("witness.db"));
    expect(files).toContain("witness.db-wal");
    for (const each of files) expect(statSync(join(folder, each)).mode & 0o777).toBe(0o600);
  });

  test("keeps the entries of its own jobs, read before it was asked for them or after", () => {
    witness.owe(role(), job("b"), NOW_MS);
    witness.read(role(), log.entries(0, 9));
    witness.owe(role(), job("d"), NOW_MS);
    const kept = read.kept(role().card.channelId.reduce((text, byte) => text + byte.toString(16).padStart(2, "0"), ""));
    expect(kept.map((bytes) => auditEntry.decode(bytes).subject)).toEqual([job("b"), job("d")]);
    expect(() => witness.countersign(role(), signed({timeMs: BigInt(NOW_MS + 90_000)}), NOW_MS + 90_000)).not.toThrow();
  });

  test("signs nothing while a job is missing that it was asked for a minute ago", () => {
    witness.owe(role(), job("hidden"), NOW_MS - 30_000);
    witness.read(role(), log.entries(0, 9));
    expect(() => witness.countersign(role(), signed(), NOW_MS)).not.toThrow();
    const later = signed({timeMs: BigInt(NOW_MS + 31_000)});
    expect(() => witness.countersign(role(), later, NOW_MS + 31_000)).toThrow(code("AUDIT_ENTRY_MISSING"));
  });

  test("signs nothing after more jobs than it remembers, and other coordinators have no part in that", () => {
    const hidden = job("hidden");
    const numbered = (at: number): Uint8Array => {
      const digest = new Uint8Array(32);
      new DataView(digest.buffer).setUint32(0, at);
      return digest;
    };
    const {card, ...other} = role();
    const second = {...other, place: 1, card: {...card, channelId: job("another")}};
    for (let at = 0; at < 65_540; at++) witness.owe(second, numbered(at), NOW_MS);
    witness.owe(role(), hidden, NOW_MS);
    witness.read(role(), log.entries(0, 9));
    expect(() => witness.countersign(role(), signed(), NOW_MS)).not.toThrow();
    // What it asked for first must not be forgotten for what it asked for last.
    const late = signed({timeMs: BigInt(NOW_MS + 61_000)});
    expect(() => witness.countersign(role(), late, NOW_MS + 61_000)).toThrow(code("AUDIT_ENTRY_MISSING"));
    for (let at = 0; at < 65_540; at++) witness.owe(role(), numbered(at), NOW_MS);
    expect(() => witness.countersign(role(), signed(), NOW_MS)).toThrow(code("AUDIT_ENTRY_MISSING"));
  });

  test("takes no entry that does not follow, and none of those that came with it", () => {
    const entries = log.entries(0, 9).map((bytes) => auditEntry.decode(bytes));
    const refused = (changed: readonly (typeof entries)[number][]): void =>
      expect(() =>
        witness.read(
          role(),
          changed.map((each) => auditEntry.encode(each)),
        ),
      ).toThrow(code("AUDIT_CHAIN_BROKEN"));
    refused(entries.slice(1));
    refused([entries[0]!, {...entries[1]!, previous: job("other")}]);
    refused([entries[0]!, {...entries[1]!, index: 2n}]);
    refused([entries[0]!, {...entries[1]!, timeMs: 1n}]);
    refused([{...entries[0]!, timeMs: 2n ** 63n}]);
    expect(() => witness.read(role(), [Uint8Array.of(1)])).toThrow(code("AUDIT_CHAIN_BROKEN"));
    expect(witness.read(role(), [])).toBe(0);
  });

  test("signs no checkpoint of another log, size, time, roster or coordinator", () => {
    witness.read(role(), log.entries(0, 9));
    const refused = (change: Partial<SignedCheckpoint["content"]>, why = "CHECKPOINT_INVALID"): void =>
      expect(() => witness.countersign(role(), signed(change), NOW_MS)).toThrow(code(why));
    refused({size: 4n});
    refused({root: job("root")});
    refused({head: job("head")});
    refused({timeMs: BigInt(NOW_MS) - 600_001n});
    refused({coordinator: 1});
    refused({roster: job("roster")}, "ROSTER_MISMATCH");
    const bent = signed();
    bent.signature[0]! ^= 1;
    expect(() => witness.countersign(role(), bent, NOW_MS)).toThrow(code("CHECKPOINT_INVALID"));
  });

  test("is one of K whose signatures make a checkpoint", () => {
    witness.read(role(), log.entries(0, 9));
    const by = witness.countersign(role(), signed(), NOW_MS);
    const check = (countersignatures: readonly (typeof by)[], of = signed()): void => {
      checkCountersigned(quorum.members, coordinator.verify, {checkpoint: of, countersignatures});
    };
    const unsigned = code("CHECKPOINT_UNSIGNED");
    expect(() => check([by])).toThrow(unsigned);
    expect(() => check([by, by])).toThrow(unsigned);
    expect(() => check([by, {...by, content: {...by.content, custodian: 2}}])).toThrow(unsigned);
    expect(() => check([by, by], {...signed(), signature: signed({size: 4n}).signature})).toThrow(unsigned);
  });

  test("and an auditor get proofs that hold, after a restart as well", () => {
    const first = log.head;
    log.append(note("f"), NOW_MS);
    store.close();
    store = SqliteAuditLogStore.open(join(folder, "log.db"));
    log = new AuditLog(store);
    expect(verifyConsistency(first, log.head, log.consistency(first.size, log.size))).toBe(true);
    const {entry, proof} = log.inclusion(2, log.size);
    expect(verifyInclusion({leaf: leafHash(entry), index: 2}, log.head, proof)).toBe(true);
    expect(() => log.inclusion(6, 6)).toThrow(code("LOG_RANGE"));
    expect(() => log.consistency(1, 7)).toThrow(code("LOG_RANGE"));
  });
});

test("a result's commitment is SHA3-256 of a tag, the ticket's nonce and what was opened", () => {
  const [nonce, masked] = [job("nonce"), Uint8Array.of(1, 2, 3)];
  const digest = createHash("sha3-256").update("qvm/result-commitment/1\0").update(nonce).update(masked).digest();
  expect(resultCommitment(nonce, masked)).toEqual(new Uint8Array(digest));
});
