/** Numbers of stock leave the disk before they are used, and each is used once. */
import {copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import fc from "fast-check";
import {describe, expect, onTestFinished, test} from "vitest";
import {packElements, unpackElements} from "../../../../src/node/quorum/field/bytes.js";
import {Columns, joinedRanges, Leases} from "../../../../src/node/quorum/strict/leases.js";
import {SqliteStrictStore} from "../../../../src/node/storage/quorum/strict-custodian-store.js";
import {openSqlite} from "../../../../src/node/storage/sqlite/driver.js";

const ROWS = 3;
/** A matrix in which number `n` has the column 10 n, 10 n + 1, 10 n + 2. */
const matrixOf = (first: bigint, count: number): Uint8Array =>
  packElements(
    Array.from({length: ROWS}, (_, row) =>
      Array.from({length: count}, (_, at) => (first + BigInt(at)) * 10n + BigInt(row)),
    ).flat(),
  );

describe("leases", () => {
  test("give every number once, whatever is asked for and in what order", () => {
    const asked = fc.array(fc.record({first: fc.bigInt({min: 0n, max: 25n}), count: fc.nat(8)}), {maxLength: 30});
    fc.assert(
      fc.property(asked, (ranges) => {
        const left = new Set(Array.from({length: 20}, (_, at) => BigInt(at)));
        const leases = new Leases(
          [5n, 0n, 12n].map((first, at) => {
            const count = [7, 5, 8][at]!;
            return new Columns({first, count}, matrixOf(first, count));
          }),
        );
        for (const range of ranges) {
          const numbers = Array.from({length: range.count}, (_, at) => range.first + BigInt(at));
          const whole = range.count > 0 && numbers.every((number) => left.has(number));
          const taken = leases.take(range);
          expect(taken && unpackElements(taken)).toEqual(
            whole ? unpackElements(matrixOf(range.first, range.count)) : null,
          );
          if (whole) for (const number of numbers) left.delete(number);
        }
        const held = joinedRanges(leases.ranges).reduce((sum, {count}) => sum + count, 0);
        expect(held).toBe(left.size);
      }),
    );
  });
});

describe("a custodian's store", () => {
  const file = (): string => {
    const folder = mkdtempSync(join(tmpdir(), "qsdm-leases-"));
    onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
    return join(folder, "custodian.db");
  };
  const filled = (path: string): SqliteStrictStore => {
    const store = SqliteStrictStore.open(path);
    for (const first of [0n, 1_500n]) store.addStock("triple", {first, count: 1_500}, matrixOf(first, 1_500));
    return store;
  };

  test("has on its disk nothing of what was leased: who copies the file then has no number twice", () => {
    const store = filled(file());
    const range = {first: 1_400n, count: 200};
    expect(store.lease("triple", range)).toBe(true);
    expect(store.ranges("triple")).toEqual([{first: 0n, count: 3_000}]);
    const taken = store.take("triple", range);
    expect(unpackElements(taken!)).toEqual(unpackElements(matrixOf(1_400n, 200)));
    expect(store.take("triple", range)).toBeNull();
    expect(store.lease("triple", {first: 1_599n, count: 2})).toBe(false);
    expect(store.ranges("triple")).toEqual([
      {first: 0n, count: 1_400},
      {first: 1_600n, count: 1_400},
    ]);
    store.close();
  });

  test("has no key on its disk of a row that was leased, and nothing of any row without its key", () => {
    const path = file();
    filled(path).close();
    const db = openSqlite(path);
    const rows = db.prepare("SELECT first, key FROM stock ORDER BY first").all() as {first: bigint; key: Buffer}[];
    db.close();
    expect(rows.map(({first}) => first)).toEqual([0n, 1_024n, 1_500n, 2_524n]);
    const onDisk = (bytes: Uint8Array): boolean =>
      [path, `${path}-wal`].some((each) => existsSync(each) && readFileSync(each).includes(Buffer.from(bytes)));
    const keyOnDisk = () => rows.map(({key}) => onDisk(key.subarray(-32)));
    const store = SqliteStrictStore.open(path);
    expect(keyOnDisk()).toEqual([true, true, true, true]);
    store.lease("triple", {first: 1_400n, count: 200});
    expect(keyOnDisk()).toEqual([true, false, false, true]);
    store.lease("triple", {first: 0n, count: 1});
    expect(keyOnDisk()).toEqual([false, false, false, true]);
    expect(onDisk(matrixOf(2_600n, 4).subarray(0, 64))).toBe(false);
    store.retire();
    expect(keyOnDisk()).toEqual([false, false, false, false]);
    store.close();
  });

  test("loses by a crash what was leased, and keeps by an end what was leased and not taken", () => {
    const path = file();
    const copy = file();
    const store = filled(path);
    store.lease("triple", {first: 0n, count: 1});
    store.take("triple", {first: 0n, count: 1});
    // What a crash leaves: the file as it is now. The first row of 1,024 has left it.
    copyFileSync(path, copy);
    store.close();
    const after = SqliteStrictStore.open(copy);
    expect(after.ranges("triple")).toEqual([{first: 1_024n, count: 1_976}]);
    after.close();
    const again = SqliteStrictStore.open(path);
    expect(again.ranges("triple")).toEqual([{first: 1n, count: 2_999}]);
    again.lease("triple", {first: 1n, count: 2_999});
    expect(unpackElements(again.take("triple", {first: 1n, count: 2_999})!)).toEqual(
      unpackElements(matrixOf(1n, 2_999)),
    );
    again.close();
  });

  test("leases nothing within what may be undone", () => {
    const store = filled(file());
    expect(() => store.atomically(() => store.lease("triple", {first: 0n, count: 1}))).toThrow("off the disk");
    store.close();
  });

  test("of an earlier version keeps its keys, and makes its stock anew", () => {
    const path = file();
    filled(path).close();
    const db = openSqlite(path);
    db.exec("CREATE TABLE reservation (first INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT; DROP TABLE withdrawal");
    db.exec("DROP TABLE stock; DROP TABLE sealed_stock; DROP TABLE spent; DROP TABLE roster; DROP TABLE certificate");
    db.exec("DROP TABLE query; DROP TABLE score");
    db.exec(
      "CREATE TABLE stock (kind TEXT, first INTEGER, count INTEGER, bytes BLOB, PRIMARY KEY (kind, first)) STRICT",
    );
    db.exec("INSERT INTO stock VALUES ('triple', 0, 1, x'00')");
    db.prepare("INSERT INTO keyset (job, epoch, sets, alpha, used) VALUES (?, 7, ?, ?, 1)").run(
      new Uint8Array(32),
      new Uint8Array(64),
      new Uint8Array(16),
    );
    db.pragma("user_version = 1");
    db.close();
    const store = SqliteStrictStore.open(path);
    expect([store.keys()?.epoch, store.ranges("triple"), store.nextOf("triple", 0)]).toEqual([7n, [], 3_000n]);
    expect([store.withdrawals("00"), store.spent("00", "")]).toEqual([[], 0n]);
    expect([store.roster(), store.certificate(7n)]).toEqual([null, null]);
    const of = {programId: "00", client: "alice"};
    expect([store.queries(of), store.score(of)]).toEqual([[], 0n]);
    store.close();
  });

  test("writes what comes in one turn together, and undoes what one of them throws at alone", async () => {
    const path = file();
    const store = SqliteStrictStore.open(path);
    const order: string[] = [];
    store.soon(() => order.push("soon"));
    const first = store.together(() => store.beginRun(1n));
    const second = store.together(() => {
      store.beginRun(2n);
      throw new Error("refused");
    });
    const third = store.together(() => order.push(`run ${store.run()}`));
    expect([store.run(), order]).toEqual([0n, []]);
    await expect(second).rejects.toThrow("refused");
    await Promise.all([first, third]);
    expect([store.run(), order]).toEqual([1n, ["soon", "run 1"]]);
    store.soon(() => store.beginRun(3n));
    store.close();
    const again = SqliteStrictStore.open(path);
    expect(again.run()).toBe(3n);
    again.close();
    await expect(again.together(() => again.beginRun(4n))).rejects.toThrow();
  });
});
