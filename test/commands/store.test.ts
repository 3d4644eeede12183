/** The store commands over a data directory that a real node has filled. */
import {copyFileSync, readdirSync, readFileSync, statSync, writeFileSync} from "node:fs";
import path from "node:path";
import {beforeAll, describe, expect, test} from "vitest";
import {formatGenesis} from "../../src/codecs/chain/genesis-file.js";
import {openSqlite} from "../../src/node/storage/sqlite/driver.js";
import {testAccount} from "../support/accounts.js";
import {scratchDirectory} from "../support/chain.js";
import {eventually, initTestNode, nodeGenesis, runTestNode} from "../support/node.js";
import {deskOf} from "./against-node.js";

const GENESIS = nodeGenesis([testAccount("owner")]);
const genesisFile = {"/genesis.json": formatGenesis(GENESIS)};
const {qsdm} = deskOf("http://127.0.0.1:9", new Uint8Array());
const json = async (line: string) => {
  const ran = await qsdm(`${line} --json`, {files: genesisFile});
  return {...ran, ...(JSON.parse(ran.out) as {data: Record<string, unknown>; error: {code: string; details: unknown}})};
};

let dataDir: string;
let height: string;

beforeAll(async () => {
  dataDir = await initTestNode(GENESIS);
  const running = await runTestNode(dataDir);
  await eventually(async () => running.node.view().head.height >= 5n);
  await running.stop();
  height = ((await json(`store stats --data-dir ${dataDir}`)).data.head as {height: string}).height;
});

/** Data directory of a follower without a chain. */
async function follower(): Promise<string> {
  const directory = path.join(scratchDirectory(), "follower");
  const ran = await qsdm(`node init --data-dir ${directory} --genesis /genesis.json`, {files: genesisFile});
  expect(ran.status, ran.err).toBe(0);
  return directory;
}

test("stats has a line for each table, and the room in all", async () => {
  const ran = await qsdm(`store stats --data-dir ${dataDir}`);
  const lines = new Map(ran.out.split("\n").map((line) => [line.split("\t")[0], line.split("\t")]));
  expect(lines.get("block")![1]).toBe(String(Number(height) + 1));
  expect(lines.get("total")).toEqual(["total", "-", String(statSync(path.join(dataDir, "chain.db")).size)]);
  expect(lines.get("free")![1]).toBe("-");
  const {data} = await json(`store stats --data-dir ${dataDir}`);
  expect(data).toMatchObject({pruned_height: "0", pruned_seq: "0", head: {height}});
});

test.each(["files", "blocks", "votes", "execute"])("verify finds nothing at level %s", async (level) => {
  const ran = await qsdm(`store verify --data-dir ${dataDir} --level ${level}`);
  expect(ran.err).not.toContain("error");
  expect([ran.status, ran.out.split("\t")[0], ran.out.trim().split("\t")[3]]).toEqual([0, height, "whole"]);
});

test("a chain goes from a node to a file and from there to a follower, which can be damaged and is found out", async () => {
  const file = path.join(scratchDirectory(), "chain.qsdm");
  writeFileSync(`${file}.part`, "of somebody else");
  const exported = await qsdm(`store export ${file} --data-dir ${dataDir}`);
  expect([exported.status, exported.out]).toEqual([0, `1\t${height}\t${statSync(file).size}\n`]);
  expect(exported.err).toContain(`exporting: blocks 100 %`);
  expect(readdirSync(path.dirname(file)).sort()).toEqual(["chain.qsdm", "chain.qsdm.part"]);
  expect(readFileSync(`${file}.part`, "utf8")).toBe("of somebody else");
  expect((await json(`store export ${file} --data-dir ${dataDir}`)).error.code).toBe("FILE_EXISTS");
  const directory = await follower();
  const left = await qsdm(`store import ${file} --data-dir ${directory}`);
  expect([left.status, left.out], left.err).toEqual([0, `0\t${Number(height) - 2}\t2\t${Number(height) - 2}\n`]);
  const {data} = await json(`store import ${file} --data-dir ${directory} --trust-end`);
  expect(data).toEqual({known: Number(height) - 2, imported: 2, left: 0, height});
  const head = async (of: string) => (await json(`store stats --data-dir ${of}`)).data.head;
  expect(await head(directory)).toEqual(await head(dataDir));
  openSqlite(path.join(directory, "chain.db")).exec("DELETE FROM block WHERE height = 2").close();
  const found = await json(`store verify --data-dir ${directory}`);
  expect([found.status, found.error.code]).toEqual([3, "STORE_DAMAGED"]);
  expect(found.err).toContain("block 2: it is not there");
});

test("a store of an earlier version is brought forward by the first command that opens it, which says so", async () => {
  const directory = await follower();
  copyFileSync(path.join(dataDir, "chain.db"), path.join(directory, "chain.db"));
  // As version 10 would have left it.
  openSqlite(path.join(directory, "chain.db")).exec("DROP TABLE dictionary; PRAGMA user_version = 10").close();
  const first = await qsdm(`store verify --level votes --data-dir ${directory}`);
  expect([first.status, first.out.trim().split("\t")[3]], first.err).toEqual([0, "whole"]);
  expect(first.err).toContain("brought from schema 10 to ");
  expect((await qsdm(`store stats --data-dir ${directory}`)).err).not.toContain("schema");
});

describe("refusals", () => {
  test("a directory without a chain has none to look at, and can take one", async () => {
    const directory = await follower();
    for (const line of ["stats", "verify", "compact", "export /nowhere"]) {
      const ran = await json(`store ${line} --data-dir ${directory}`);
      expect([ran.status, ran.error.code], line).toEqual([4, "DATABASE_MISSING"]);
    }
  });

  test("a file that is none, and blocks that there are not", async () => {
    const directory = await follower();
    const file = path.join(scratchDirectory(), "chain.qsdm");
    writeFileSync(file, "hello");
    const bad = await json(`store import ${file} --data-dir ${directory}`);
    expect([bad.status, bad.error.code]).toEqual([3, "CHAIN_FILE_INVALID"]);
    expect((await json(`store import ${file}.not --data-dir ${directory}`)).error.code).toBe("FILE_NOT_FOUND");
    for (const range of ["--from 0", "--from 999999", "--from 3 --to 2"])
      expect((await json(`store export ${file}.2 --data-dir ${dataDir} ${range}`)).error.code, range).toBe(
        "RANGE_INVALID",
      );
    expect((await json(`store export ${file}.2 --data-dir ${directory}`)).error.code).toBe("STORE_EMPTY");
  });

  test("a store that a node has open", async () => {
    const running = await runTestNode(dataDir);
    const ran = await json(`store stats --data-dir ${dataDir}`);
    await running.stop();
    expect([ran.status, ran.error.code]).toEqual([4, "DATA_DIR_LOCKED"]);
  });
});

test("compact gives free space back and makes an old file one that shrinks by itself", async () => {
  const directory = await follower();
  const file = path.join(directory, "chain.db");
  writeFileSync(file, readFileSync(path.join(dataDir, "chain.db")));
  const db = openSqlite(file);
  db.exec(
    "PRAGMA auto_vacuum = NONE; VACUUM; CREATE TABLE junk (x); INSERT INTO junk VALUES (zeroblob(1000000)); DROP TABLE junk;",
  );
  db.close();
  const before = statSync(file).size;
  const {data} = await json(`store compact --data-dir ${directory}`);
  expect(data.bytes_before).toBe(before);
  expect(statSync(file).size).toBe(data.bytes_after);
  expect(before - statSync(file).size).toBeGreaterThan(900_000);
  const again = openSqlite(file);
  expect(again.pragma("auto_vacuum", {simple: true})).toBe(2n);
  again.close();
  expect((await qsdm(`store verify --data-dir ${directory}`)).status).toBe(0);
});
