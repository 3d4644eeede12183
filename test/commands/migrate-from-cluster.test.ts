/** Whether what a data directory has let go comes back from a cluster whole, whatever ends the fetching, and no other. */
import {createHash} from "node:crypto";
import {cpSync, existsSync, readFileSync} from "node:fs";
import path from "node:path";
import {afterAll, beforeAll, beforeEach, describe, expect, test} from "vitest";
import type {Certificate} from "../../src/codecs/chain/block.js";
import {run} from "../../src/commands/run.js";
import {readDataDir} from "../../src/node/data-dir.js";
import {genesisBlock} from "../../src/node/ledger/chain/genesis.js";
import {hashEach} from "../../src/node/ledger/state/hashing.js";
import {CqlHistory} from "../../src/node/storage/cql/history.js";
import {DEFAULT_CQL_OPTIONS} from "../../src/node/storage/cql/options.js";
import {CqlSession} from "../../src/node/storage/cql/session.js";
import {fetchHistory} from "../../src/node/storage/migrate/from-cluster.js";
import {loadCompression} from "../../src/node/storage/sqlite/compression.js";
import {openSqlite} from "../../src/node/storage/sqlite/driver.js";
import {SqliteStore} from "../../src/node/storage/sqlite/store.js";
import {Voters} from "../../src/node/upkeep/voters.js";
import {makeChain, trimChain} from "../migration/made-chain.js";
import {CqlServer} from "../node/storage/cql/cql-server.js";
import {mlDsa44} from "../support/accounts.js";
import {scratchDirectory} from "../support/chain.js";
import {memoryHost} from "./memory-host.js";

/** Blocks of the chain: three batches. */
const BLOCKS = 40;
const servers: CqlServer[] = [];
const full = path.join(scratchDirectory(), "full");
const trimmed = path.join(scratchDirectory(), "trimmed");
let digest: string;
/** Has the history. */
let server: CqlServer;
let flags: readonly string[];
let dataDir: string;

async function filled(): Promise<CqlServer> {
  const filling = await CqlServer.start();
  servers.push(filling);
  expect((await migrate("to-cluster", ...flagsOf(filling, full))).status).toBe(0);
  return filling;
}

const flagsOf = ({contactPoint}: CqlServer, directory: string): readonly string[] => [
  ...["--data-dir", directory, "--cql-contact-points", contactPoint],
  ...["--cql-datacenter", "dc1", "--cql-tls", "off"],
];

beforeAll(async () => {
  ({digest} = await makeChain(full, {blocks: BLOCKS, transactionsPerBlock: 3}));
  server = await filled();
  cpSync(full, trimmed, {recursive: true});
  await trimChain(path.join(trimmed, "chain.db"));
});
beforeEach(() => {
  server.fault = () => null;
  dataDir = path.join(scratchDirectory(), "node");
  cpSync(trimmed, dataDir, {recursive: true});
  flags = flagsOf(server, dataDir);
});
afterAll(async () => {
  for (const each of servers) await each.stop();
});

async function command(...argv: readonly string[]) {
  const host = memoryHost({argv: [...argv, "--json"]});
  const status = await run(host);
  return {status, host, ...JSON.parse(host.out())};
}
const migrate = (...words: readonly string[]) => command("migrate", ...words);
const fetchBack = (...words: readonly string[]) => migrate("from-cluster", ...flags, ...words);

/** Digest of a database without the counter that SQLite moves when it is locked, which is in the header twice. */
function sha(file: string): string {
  const bytes = readFileSync(file);
  bytes.fill(0, 24, 28).fill(0, 92, 96);
  return createHash("sha256").update(bytes).digest("hex");
}

const pruned = async (): Promise<bigint> => {
  const store = await SqliteStore.open({path: path.join(dataDir, "chain.db"), slashReceiptsMax: 1, eventBlocksKept: 1});
  const height = store.prunedHeight();
  store.close();
  return height;
};

test("a history comes back, is compared, and is whole to its votes", async () => {
  const {status, data} = await fetchBack("--verify", "--report", "report.json");
  expect(status).toBe(0);
  // The newest block never went.
  expect(data).toMatchObject({blocks: 39, receipts: 117, height: "0", anomalies: [], dry_run: false});
  expect(data.verified).toEqual({blocks: 41, digest});
  expect(await command("store", "verify", "--level", "votes", "--data-dir", dataDir)).toMatchObject({
    status: 0,
    data: {bodies: 41},
  });
  const sent = await migrate("to-cluster", ...flags, "--verify");
  expect(sent.data.verified).toEqual(data.verified);
  expect(await fetchBack("--verify")).toMatchObject({status: 0, data: {blocks: 0, height: "0"}});
});

test("ended at any read and begun again, it is the same history", async () => {
  const heights: bigint[] = [];
  for (let status = 130; status === 130; heights.push(await pruned())) {
    const host = memoryHost({argv: ["migrate", "from-cluster", ...flags, "--resume"]});
    // Sixteen blocks for each run, and what is behind them never arrives.
    let bodies = 0;
    server.fault = (text) => {
      if (!text.startsWith("SELECT part") || ++bodies <= 16) return null;
      setImmediate(() => host.signal("SIGINT"));
      return "unavailable";
    };
    status = await run(host);
    expect([0, 130]).toContain(status);
  }
  expect(heights).toEqual([23n, 7n, 0n]);
  server.fault = () => null;
  expect(await fetchBack("--verify")).toMatchObject({status: 0, data: {blocks: 0, verified: {blocks: 41}}});
});

test("what an earlier run began goes on by --resume alone", async () => {
  const host = memoryHost({argv: ["migrate", "from-cluster", ...flags]});
  let bodies = 0;
  server.fault = (text) => {
    if (!text.startsWith("SELECT part") || ++bodies <= 16) return null;
    setImmediate(() => host.signal("SIGINT"));
    return "unavailable";
  };
  expect(await run(host)).toBe(130);
  server.fault = () => null;
  expect(await fetchBack()).toMatchObject({status: 2, error: {code: "MIGRATION_BEGUN"}});
  expect(await fetchBack("--resume")).toMatchObject({status: 0, data: {blocks: 23, height: "0"}});
});

test("a rehearsal checks everything, and changes neither side nor who writes to the cluster", async () => {
  const before = sha(path.join(dataDir, "chain.db"));
  const {log} = server;
  const asked = log.length;
  const {status, data} = await fetchBack("--dry-run");
  expect(status).toBe(0);
  expect(data).toMatchObject({dry_run: true, blocks: 39, receipts: 117, height: "0", verified: null});
  expect(data.estimated_seconds).toEqual(expect.any(Number));
  expect(log.slice(asked).filter((text) => !text.startsWith("SELECT"))).toEqual([]);
  expect(sha(path.join(dataDir, "chain.db"))).toBe(before);
  expect(existsSync(path.join(dataDir, "cluster.db"))).toBe(false);
});

test("--stats tells what would come, and asks for no block's body", async () => {
  const asked = server.log.length;
  const {status, data} = await fetchBack("--stats");
  expect([status, data]).toEqual([0, {blocks: "39", from: "1", to: "39", cluster_height: "40"}]);
  expect(server.log.slice(asked).filter((text) => text.startsWith("SELECT part"))).toEqual([]);
  expect(await pruned()).toBe(39n);
});

test("what the cluster never had is told of, and the rest comes", async () => {
  const poor = await filled();
  poor.tables.lose("block", (at) => at >= 1 && at <= 9);
  const {status, data} = await migrate("from-cluster", ...flagsOf(poor, dataDir), "--verify");
  expect(status).toBe(0);
  expect(data).toMatchObject({blocks: 30, height: "9", verified: {blocks: 32}});
  expect(data.anomalies).toEqual([{kind: "blocks-pruned", count: 9, first: "block 1"}]);
});

test("the block that a snapshot ended with comes without its receipts, as it was, and is told of", async () => {
  const restored = path.join(scratchDirectory(), "restored");
  cpSync(full, restored, {recursive: true});
  const file = path.join(restored, "chain.db");
  const store = await SqliteStore.open({path: file, slashReceiptsMax: 1, eventBlocksKept: 1});
  store.prune({upTo: 19n, blocksMax: 100});
  store.close();
  openSqlite(file).exec("DELETE FROM receipt WHERE height = 20").close();
  const verify = () => command("store", "verify", "--level", "votes", "--data-dir", restored);
  expect(await verify()).toMatchObject({status: 0, data: {bodies: 22}});

  const cluster = await CqlServer.start();
  servers.push(cluster);
  expect((await migrate("to-cluster", ...flagsOf(cluster, restored))).status).toBe(0);
  await trimChain(file);
  const {status, data} = await migrate("from-cluster", ...flagsOf(cluster, restored), "--verify");
  expect(status).toBe(0);
  expect(data).toMatchObject({blocks: 20, receipts: 57, height: "19", verified: {blocks: 22}});
  expect(data.anomalies).toEqual([
    {kind: "blocks-pruned", count: 19, first: "block 1"},
    {kind: "receipts-missing", count: 1, first: "block 20"},
  ]);
  expect(await verify()).toMatchObject({status: 0, data: {bodies: 22}});
});

describe("is found out, and keeps what came before", () => {
  test.each<[string, string, number, string]>([
    ["a block that is gone", "block", 20, "CLUSTER_ROWS_MISSING"],
    ["a body that is gone", "body", 20, "CLUSTER_ROWS_MISSING"],
    ["a receipt that is gone", "receipt_at", 75, "CLUSTER_BLOCK_INVALID"],
  ])("%s", async (_name, table, row, code) => {
    const damaged = await filled();
    damaged.tables.lose(table, (at) => at === row);
    const {status, error} = await migrate("from-cluster", ...flagsOf(damaged, dataDir));
    expect([status, error.code]).toEqual([code === "CLUSTER_ROWS_MISSING" ? 4 : 3, code]);
    expect(await pruned()).toBe(23n);
    expect(await command("store", "verify", "--data-dir", dataDir)).toMatchObject({status: 0, data: {bodies: 18}});
  });
});

test("a block that is another one, or whose votes are, is not taken", async () => {
  const session = await CqlSession.open({
    ...DEFAULT_CQL_OPTIONS,
    ...{contactPoints: [(await filled()).contactPoint], datacenter: "dc1", keyspace: "qsdm", login: null, tls: null},
  });
  const {id: chain} = genesisBlock((await readDataDir(dataDir)).genesis);
  const writer = new Uint8Array(16);
  const far = await CqlHistory.open(session, {chain, writer, compression: await loadCompression()});
  const store = await SqliteStore.open({path: path.join(dataDir, "chain.db"), slashReceiptsMax: 1, eventBlocksKept: 1});
  const {genesis} = await readDataDir(dataDir);
  const voters = new Voters({store, genesis, verifyVote: mlDsa44.verify});
  const good = (await far.full(39n))!;
  const {votes} = good.certificate;
  const lies: readonly [string, object][] = [
    ["CLUSTER_BLOCK_INVALID", {block: {...good.block, transactions: good.block.transactions.toReversed()}}],
    ["CLUSTER_BLOCK_INVALID", (await far.full(38n))!],
    ["CLUSTER_BLOCK_INVALID", {receipts: good.receipts.toReversed()}],
    ["CLUSTER_BLOCK_INVALID", {certificate: {...good.certificate, view: 1n}}],
    ["CERTIFICATE_INVALID", {certificate: {...good.certificate, votes: []}}],
    [
      "CERTIFICATE_INVALID",
      {certificate: {...good.certificate, votes: [{...votes[0]!, signature: new Uint8Array(2_420)}]}},
    ],
  ];
  for (const [code, lie] of lies) {
    const lying = {...far, full: async () => ({...good, ...lie})} as unknown as CqlHistory;
    const ports = {
      near: store,
      far: lying,
      checkVotes: (of: Certificate) => voters.check(of),
      hashAll: hashEach,
      progress: () => undefined,
    };
    const options = {rate: null, isRehearsal: false};
    const fetched = fetchHistory(options, {from: 38n, to: 39n}, ports, new AbortController().signal);
    await expect(fetched).rejects.toMatchObject({code, exitCode: 3});
    expect(store.prunedHeight()).toBe(39n);
  }
  session.close();
  store.close();
});

describe("is refused", () => {
  test("a rehearsal that is to be verified, or that only counts", async () => {
    for (const more of [["--verify"], ["--resume"], ["--stats"]])
      expect(await fetchBack("--dry-run", ...more)).toMatchObject({status: 2, error: {code: "FLAG_CONFLICT"}});
  });

  test("a keyspace without a chain", async () => {
    const empty = await CqlServer.start();
    servers.push(empty);
    const {status, error} = await migrate("from-cluster", ...flagsOf(empty, dataDir));
    expect([status, error.code]).toEqual([4, "CLUSTER_EMPTY"]);
  });
});
