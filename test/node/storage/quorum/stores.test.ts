import {mkdtempSync, readdirSync, readFileSync, rmSync, statSync} from "node:fs";
import {tmpdir} from "node:os";
import {dirname, join} from "node:path";
import {describe, expect, onTestFinished, test, vi} from "vitest";
import {members} from "../../../../src/codecs/quorum/json.js";
import {packProgram} from "../../../../src/codecs/quorum/program-package.js";
import {chainEntry, GENESIS_HASH, verifyChain} from "../../../../src/node/quorum/audit/chain.js";
import {Custodian, DEFAULT_CUSTODIAN_LIMITS} from "../../../../src/node/quorum/custodian/custodian.js";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {SqliteCoordinatorStore} from "../../../../src/node/storage/quorum/coordinator-store.js";
import {SqliteCustodianStore} from "../../../../src/node/storage/quorum/custodian-store.js";
import {draw} from "../../../support/quorum-cluster.js";
import {SQUARE} from "../../quorum/programs.js";

const program = packProgram(compile(SQUARE));
const {programId} = program;
const file = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "qsdm-quorum-"));
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  return join(folder, "state.db");
};

describe("a custodian that starts again", () => {
  const OPTIONS = {index: 0, threshold: 2, approvalKey: "k", ...DEFAULT_CUSTODIAN_LIMITS};
  const open = (path: string) => {
    const store = SqliteCustodianStore.open(path);
    return {store, custodian: new Custodian(OPTIONS, store, draw)};
  };
  const request = (requestId: string, triple: number | null = null) => ({
    programId,
    requestId,
    inputs: new Map([["x", 5n]]),
    triple,
  });
  const triples = new Map([["y", [1n, 2n, 3n].map((a) => ({a, b: -a, c: 2n ** 127n + a}))]]);

  test("has its program, share and unspent triples, and not the spent ones", () => {
    const path = file();
    const before = open(path);
    before.custodian.install(program, {x: 1n, y: 2n ** 130n});
    before.custodian.addTriples(programId, triples, null);
    before.custodian.begin(request("a", 0), 0);
    before.store.close();
    const after = open(path);
    expect(after.custodian.approve(programId)).toBe(before.custodian.approve(programId));
    expect(after.custodian.interpolationTerm({programId}, 9n, [1n])).toBe(8n);
    expect(() => after.custodian.begin(request("b", 0), 0)).toThrow("was used before");
    const progress = after.custodian.begin(request("b"), 0);
    // x - a = 5 + 7 - 2
    expect(progress).toMatchObject({products: [{node: "y", masked: {epsilon: 10n}}]});
    expect(() => after.custodian.addTriples(programId, triples, 2)).toThrow("was delivered before");
    after.store.close();
  });

  test("keeps what it has in files for its owner alone, and no copy of what is retired", () => {
    const path = file();
    const {store, custodian} = open(path);
    const folder = dirname(path);
    const files = () => readdirSync(folder).map((name) => join(folder, name));
    const holds = () => files().some((each) => readFileSync(each).includes("987654321987654321"));
    custodian.install(program, {x: 1n, y: 987_654_321_987_654_321n});
    expect(holds()).toBe(true);
    for (const each of files()) expect(statSync(each).mode & 0o077).toBe(0);
    custodian.retire(programId);
    expect(holds()).toBe(false);
    store.close();
  });

  test("has no program whose share could not be kept", () => {
    for (const take of [
      (custodian: Custodian) => custodian.setShare({programId}, {x: 1n, y: 1n}, program),
      (custodian: Custodian) => custodian.install(program, {x: 1n, y: 1n}),
    ]) {
      const path = file();
      const before = open(path);
      vi.spyOn(before.store, "saveShares").mockImplementation(() => {
        throw new Error("disk full");
      });
      expect(() => take(before.custodian)).toThrow("disk full");
      before.store.close();
      const after = open(path);
      expect(() => after.custodian.approve(programId)).toThrow("not installed");
      after.store.close();
    }
  });

  test("adds a refresh of one name once, over a restart too, and not at all where it cannot be kept", () => {
    const path = file();
    const termOf = (custodian: Custodian) => custodian.interpolationTerm({programId}, 3n, [1n, 2n]);
    const before = open(path);
    before.custodian.install(program, {x: 1n, y: 10n});
    const old = termOf(before.custodian);
    vi.spyOn(before.store, "saveRefresh").mockImplementationOnce(() => {
      throw new Error("disk full");
    });
    expect(() => before.custodian.applyRefresh({programId}, [5n], "ab")).toThrow("disk full");
    expect(termOf(before.custodian)).toBe(old);
    before.store.close();
    const after = open(path);
    expect(termOf(after.custodian)).toBe(old);
    for (let again = 0; again < 2; again++) after.custodian.applyRefresh({programId}, [5n], "ab");
    after.store.close();
    const last = open(path);
    last.custodian.applyRefresh({programId}, [5n], "ab");
    // The share is 15 at x = 1, whose weight at 3 among 1 and 2 is (3 - 2) / (1 - 2).
    expect(termOf(last.custodian)).toBe(2n ** 127n - 1n - 15n);
    last.custodian.applyRefresh({programId}, [5n], "cd");
    expect(termOf(last.custodian)).toBe(2n ** 127n - 1n - 20n);
    last.store.close();
  });

  test("has forgotten what was retired", () => {
    const path = file();
    const before = open(path);
    before.custodian.install(program, {x: 1n, y: 1n});
    before.custodian.addTriples(programId, triples, null);
    expect(before.custodian.retire(programId)).toBe(true);
    before.store.close();
    const after = open(path);
    expect(after.custodian.retire(programId)).toBe(false);
    expect(after.custodian.addTriples(programId, triples, 0)).toBe(3);
    after.store.close();
  });
});

describe("a coordinator's store", () => {
  test("gives back programs, allowances and the log as they were kept", () => {
    const path = file();
    const store = SqliteCoordinatorStore.open(path);
    const record = {
      program,
      status: "ACTIVE",
      approvals: [2, 0],
      ready: true,
      nextTriple: 3,
      endTriple: 8,
      holders: [
        {index: 0, url: "http://a", configured: true, x: 2n ** 40n, stale: true},
        {
          ...{index: 1, url: "http://b", configured: true, x: 2n, stale: true},
          pending: {id: "ab", addends: [2n ** 126n, 0n]},
        },
      ],
    } as const;
    const full = {
      programId,
      identity: "é\u0000",
      remaining: 10n ** 30n,
      bucket: {capacity: 2, tokens: 0.1, atSeconds: 1e9 + 0.25},
    };
    const fresh = {programId, identity: "b", remaining: 0n, bucket: null};
    store.saveProgram({...record, status: "PENDING"});
    store.saveProgram(record);
    store.saveAllowance(full);
    store.saveAllowance(fresh);
    const first = chainEntry({timestamp: 1.5, event: "install", data: members({b: 2n ** 100n, a: null})}, GENESIS_HASH);
    const second = chainEntry({timestamp: 1e9 + 0.123456, event: "approve", data: members({c: [1n]})}, first.entryHash);
    for (const entry of [first, second]) store.appendAudit(entry);
    store.close();
    const again = SqliteCoordinatorStore.open(path);
    expect(again.load()).toEqual({programs: [record], allowances: [full, fresh]});
    expect([...again.auditEntries(0, 100)]).toEqual([first, second]);
    expect([again.auditHead(), verifyChain(again.auditEntries(0, 100))]).toEqual([second.entryHash, true]);
    again.close();
  });

  test("is not opened as another store", () => {
    const path = file();
    SqliteCoordinatorStore.open(path).close();
    expect(() => SqliteCustodianStore.open(path)).toThrow("belongs to another program");
  });
});
