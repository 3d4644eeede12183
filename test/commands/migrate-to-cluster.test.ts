/** Whether a node's history comes to a cluster whole, whatever ends the sending, and whether that is found out when not. */
import {createHash} from "node:crypto";
import {cpSync, readFileSync} from "node:fs";
import {join} from "node:path";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {run} from "../../src/commands/run.js";
import {openSqlite} from "../../src/node/storage/sqlite/driver.js";
import {SqliteStore} from "../../src/node/storage/sqlite/store.js";
import {makeChain} from "../migration/made-chain.js";
import {CqlServer} from "../node/storage/cql/cql-server.js";
import {scratchDirectory} from "../support/chain.js";
import {memoryHost} from "./memory-host.js";

const servers: CqlServer[] = [];
const made = join(scratchDirectory(), "made");
beforeAll(() => makeChain(made, {blocks: 40, transactionsPerBlock: 1}));
afterAll(async () => {
  for (const server of servers) await server.stop();
});

async function serve(): Promise<CqlServer> {
  const server = await CqlServer.start();
  servers.push(server);
  return server;
}

/** A data directory with blocks 0 to 40. */
function dataDirectory(): string {
  const dataDir = join(scratchDirectory(), "node");
  cpSync(made, dataDir, {recursive: true});
  return dataDir;
}

const flagsOf = ({contactPoint}: CqlServer, dataDir: string): string[] => [
  ...["--data-dir", dataDir, "--cql-contact-points", contactPoint],
  ...["--cql-datacenter", "dc1", "--cql-tls", "off"],
];

async function migrate(...flags: string[]) {
  const host = memoryHost({argv: ["migrate", "to-cluster", ...flags, "--json"]});
  const status = await run(host);
  return {status, host, ...JSON.parse(host.out())};
}

/** Digest of a database without the counter that SQLite moves when it is locked, which is in the header twice. */
function sha(path: string): string {
  const file = readFileSync(path);
  file.fill(0, 24, 28).fill(0, 92, 96);
  return createHash("sha256").update(file).digest("hex");
}

test("a history is sent, read back and compared", async () => {
  const server = await serve();
  const flags = flagsOf(server, dataDirectory());
  const {status, data} = await migrate(...flags, "--verify", "--report", "report.json");
  expect(status).toBe(0);
  expect(data).toMatchObject({blocks: 41, receipts: 40, height: "40", anomalies: [], dry_run: false});
  expect(data.verified).toEqual({blocks: 41, digest: expect.stringMatching(/^[0-9a-f]{64}$/)});
  expect(server.tables.sizes("receipt").partitions).toBe(40);
  // Nothing is left to be sent, and the same is there.
  const again = await migrate(...flags, "--verify");
  expect(again.data).toMatchObject({blocks: 0, height: "40", verified: data.verified});
});

test("ended at any write and begun again, it is the same history", async () => {
  const server = await serve();
  const flags = flagsOf(server, dataDirectory());
  let stops = 0;
  for (let status = 130; status === 130; stops++) {
    const host = memoryHost({argv: ["migrate", "to-cluster", ...flags, "--resume"]});
    // One move of the head for each run, and what is behind it never arrives.
    let moves = 0;
    server.fault = (text) => {
      if (moves > 0 && text.startsWith("INSERT INTO body")) {
        setImmediate(() => host.signal("SIGINT"));
        return "unavailable";
      }
      if (text.startsWith("UPDATE head SET height")) moves += 1;
      return null;
    };
    status = await run(host);
    expect([0, 130]).toContain(status);
  }
  // 16, 16 and 9 blocks.
  expect(stops).toBe(3);
  server.fault = () => null;
  expect(await migrate(...flags, "--verify")).toMatchObject({status: 0, data: {blocks: 0, verified: {blocks: 41}}});
});

test("a rehearsal reads everything, asks no cluster, and leaves the database as it was", async () => {
  const dataDir = dataDirectory();
  const before = sha(join(dataDir, "chain.db"));
  const {status, data} = await migrate("--data-dir", dataDir, "--dry-run");
  expect(status).toBe(0);
  expect(data).toMatchObject({dry_run: true, blocks: 41, receipts: 40, height: "40", verified: null});
  expect(data.estimated_seconds).toEqual(expect.any(Number));
  expect(data.schema.length).toBe(6);
  expect(sha(join(dataDir, "chain.db"))).toBe(before);
});

test("receipts that are not those of their block are not sent on", async () => {
  const server = await serve();
  const dataDir = dataDirectory();
  const db = openSqlite(join(dataDir, "chain.db"));
  // The fee of the transaction, as somebody would like it to have been.
  db.prepare(
    "UPDATE receipt SET value = CAST(substr(value, 1, length(value) - 2) || x'01f6' AS BLOB) WHERE height = 20",
  ).run();
  db.close();
  for (const flags of [["--data-dir", dataDir, "--dry-run"], flagsOf(server, dataDir)])
    expect(await migrate(...flags)).toMatchObject({status: 4, error: {code: "DATABASE_CORRUPT"}});
  // What came before is there.
  expect(server.tables.sizes("receipt").partitions).toBe(15);
});

test("a block without its receipts, as a snapshot ends with, is sent and told of", async () => {
  const server = await serve();
  const dataDir = dataDirectory();
  openSqlite(join(dataDir, "chain.db")).exec("DELETE FROM receipt WHERE height = 20").close();
  // Blocks that no snapshot dropped are before it: there its receipts were lost.
  for (const flags of [["--data-dir", dataDir, "--dry-run"], flagsOf(server, dataDir)])
    expect(await migrate(...flags)).toMatchObject({status: 4, error: {code: "DATABASE_CORRUPT"}});
  const store = await SqliteStore.open({path: join(dataDir, "chain.db"), slashReceiptsMax: 9, eventBlocksKept: 9});
  store.prune({upTo: 19n, blocksMax: 100});
  store.close();
  const {status, data} = await migrate(...flagsOf(await serve(), dataDir));
  expect([status, data.receipts]).toEqual([0, 20]);
  expect(data.anomalies).toEqual([
    {kind: "blocks-pruned", count: 19, first: "block 1"},
    {kind: "receipts-missing", count: 1, first: "block 20"},
  ]);
});

test("blocks that were pruned are told of, and the rest is sent", async () => {
  const server = await serve();
  const dataDir = dataDirectory();
  const store = await SqliteStore.open({path: join(dataDir, "chain.db"), slashReceiptsMax: 9, eventBlocksKept: 9});
  store.prune({upTo: 20n, blocksMax: 100});
  store.close();
  const {status, data} = await migrate(...flagsOf(server, dataDir), "--verify");
  expect(status).toBe(0);
  expect(data).toMatchObject({blocks: 21, height: "40", verified: {blocks: 21}});
  expect(data.anomalies).toEqual([{kind: "blocks-pruned", count: 20, first: "block 1"}]);
});

test.each<[string, (server: CqlServer) => void]>([
  ["a receipt that is gone", (server) => server.tables.lose("receipt_at", (at) => at === 3)],
  ["a receipt that its id does not find", (server) => server.tables.lose("receipt", () => true)],
  ["a block that is gone", (server) => server.tables.lose("block", (at) => at === 3)],
])("%s is found by --verify", async (_name, damage) => {
  const server = await serve();
  const flags = flagsOf(server, dataDirectory());
  await migrate(...flags);
  damage(server);
  expect(await migrate(...flags, "--verify")).toMatchObject({status: 3, error: {code: "CLUSTER_DIFFERS"}});
});

describe("is refused", () => {
  test("a rehearsal that is to be verified", async () => {
    const {status, error} = await migrate("--data-dir", dataDirectory(), "--dry-run", "--verify");
    expect([status, error.code]).toEqual([2, "FLAG_CONFLICT"]);
  });

  test("a data directory without a cluster to go to", async () => {
    const {status, error} = await migrate("--data-dir", dataDirectory());
    expect([status, error.code]).toEqual([2, "CQL_CONTACT_POINTS_REQUIRED"]);
  });

  test("a cluster that does not answer", async () => {
    const flags = ["--cql-contact-points", "127.0.0.1:1"];
    const {status, error} = await migrate("--data-dir", dataDirectory(), ...flags);
    expect([status, error.code]).toEqual([4, "CLUSTER_UNAVAILABLE"]);
  });
});
