import {copyFileSync, mkdtempSync, rmSync, statSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {expect, onTestFinished, test} from "vitest";
import {openSqlite} from "../../../../src/node/storage/sqlite/driver.js";
import {openDatabase} from "../../../../src/node/storage/sqlite/open.js";
import {WalCommits} from "../../../../src/node/storage/sqlite/wal-commits.js";

const FORM = {
  applicationId: 1,
  version: 1,
  schema: "CREATE TABLE t (n INTEGER PRIMARY KEY) STRICT",
  journal: "wal",
} as const;
const file = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "qsdm-wal-"));
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  return join(folder, "a.db");
};

test("what a commit wrote is there at once, resolves when the journal was flushed, and is in the file as it is then", async () => {
  const path = file();
  const db = openDatabase(path, FORM);
  const flushed: (() => void)[] = [];
  const commits = new WalCommits(db, (_, done) => flushed.push(() => done(null)));
  const order: string[] = [];
  const written = commits.commit(() => db.prepare("INSERT INTO t VALUES (1)").run()).then(() => order.push("resolved"));
  expect(db.prepare("SELECT count(*) AS n FROM t").get()).toEqual({n: 1n});
  await new Promise((resolve) => setImmediate(resolve));
  order.push("flushed");
  flushed.shift()!();
  await written;
  expect(order).toEqual(["flushed", "resolved"]);
  // FULL again: what others write does not wait for anybody.
  expect(db.pragma("synchronous", {simple: true})).toBe(2n);
  const copy = file();
  for (const end of ["", "-wal"]) copyFileSync(`${path}${end}`, `${copy}${end}`);
  const left = openSqlite(copy);
  expect(left.prepare("SELECT n FROM t").all()).toEqual([{n: 1n}]);
  left.close();
  commits.close();
  db.close();
});

test("the log is brought into the file behind a flush and never before, whose failure would be kept from whoever waits", async () => {
  const path = file();
  const db = openDatabase(path, FORM);
  const flushed: (() => void)[] = [];
  const commits = new WalCommits(db, (_, done) => flushed.push(() => done(null)));
  const before = statSync(path).size;
  // More than the thousand pages behind which SQLite does it by itself, and than a log may have here.
  const written = commits.commit(() => {
    db.exec("CREATE TABLE large (bytes BLOB) STRICT");
    db.prepare("INSERT INTO large VALUES (zeroblob(?))").run(6 * 2 ** 20);
  });
  expect([statSync(path).size, statSync(`${path}-wal`).size > 6 * 2 ** 20]).toEqual([before, true]);
  flushed.shift()!();
  await written;
  expect(statSync(path).size).toBeGreaterThan(6 * 2 ** 20);
  // Small ones fill no log of that size: it is done behind so many of them.
  const last = commits.commit(() => db.prepare("INSERT INTO t VALUES (1)").run());
  const others = Array.from({length: 200}, (_, at) =>
    commits.commit(() => db.prepare("INSERT INTO t VALUES (?)").run(at + 2)),
  );
  const copy = file();
  for (let at = 0; at < 201; at++) flushed.shift()!();
  await Promise.all([last, ...others]);
  copyFileSync(path, copy);
  const left = openSqlite(copy);
  expect(left.prepare("SELECT count(*) FROM t").pluck().get()).toBeGreaterThan(100n);
  left.close();
  commits.close();
  db.close();
});

test("what the work throws is thrown, and nothing of it is kept", () => {
  const db = openDatabase(file(), FORM);
  const commits = new WalCommits(db);
  const work = () => {
    db.prepare("INSERT INTO t VALUES (1)").run();
    throw new Error("refused");
  };
  expect(() => commits.commit(work)).toThrow("refused");
  expect(db.prepare("SELECT count(*) AS n FROM t").get()).toEqual({n: 0n});
  commits.close();
  db.close();
});

test("after a flush that failed nothing is acknowledged any more", async () => {
  const db = openDatabase(file(), FORM);
  const commits = new WalCommits(db, (_, done) => done(Object.assign(new Error("broken"), {code: "EIO"})));
  const write = () => commits.commit(() => db.prepare("INSERT INTO t VALUES (1)").run());
  await expect(write()).rejects.toMatchObject({code: "STORE_WRITE_FAILED"});
  expect(write).toThrow(expect.objectContaining({code: "STORE_WRITE_FAILED"}));
  // Nor does anybody write behind the gap who does not ask here.
  expect(() => db.prepare("INSERT INTO t VALUES (2)").run()).toThrow(/readonly/);
  commits.close();
  db.close();
});

test("where one of two flushes under way fails, neither commit is acknowledged", async () => {
  const db = openDatabase(file(), FORM);
  const flushed: ((error: NodeJS.ErrnoException | null) => void)[] = [];
  const commits = new WalCommits(db, (_, done) => flushed.push(done));
  const both = [1, 2].map((n) => commits.commit(() => db.prepare("INSERT INTO t VALUES (?)").run(n)));
  const told = Promise.allSettled(both);
  // The system tells a file of its lost pages once, and the second one is behind the first in the log.
  flushed[0]!(Object.assign(new Error("i/o"), {code: "EIO"}));
  flushed[1]!(null);
  const failed = {status: "rejected", reason: {code: "STORE_WRITE_FAILED"}};
  expect(await told).toMatchObject([failed, failed]);
  commits.close();
  db.close();
});
