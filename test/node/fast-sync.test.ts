/** Real processes: an archive, a node that pruned and one that began with a snapshot serve the same state. */
import {type ChildProcess, spawn} from "node:child_process";
import {existsSync, readdirSync} from "node:fs";
import path from "node:path";
import {createInterface} from "node:readline";
import {afterAll, expect, test} from "vitest";
import {formatGenesis} from "../../src/codecs/chain/genesis-file.js";
import {initFollower} from "../../src/commands/node/init.js";
import {CLIENT_DEFAULTS, type Client, createClient} from "../../src/node/api/client.js";
import {heightsOn} from "../../src/node/snapshots/shelf.js";
import {SqliteStore} from "../../src/node/storage/sqlite/store.js";
import {signedTransfer, testAccount} from "../support/accounts.js";
import {scratchDirectory} from "../support/chain.js";
import {eventually, initTestNode, nodeGenesis} from "../support/node.js";

const PROGRAM = path.resolve("bin/qsdm.js");
const [alice, bob] = [testAccount("alice"), testAccount("bob")];
const genesis = nodeGenesis([alice]);
const children = new Set<ChildProcess>();
const clients: Client[] = [];
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(clients.map((each) => each.close()));
});

interface Process {
  readonly child: ChildProcess;
  log(): string;
  readonly started: Promise<{readonly client: Client; readonly listen: string}>;
}

function run(dataDir: string, ...flags: readonly string[]): Process {
  const words = ["node", "run", "--json", "--data-dir", dataDir, "--api-port", "0", "--block-interval", "100ms"];
  const usual = ["--rate-limit", "0", "--no-dht", "--listen", "127.0.0.1:0"];
  const child = spawn(process.execPath, [PROGRAM, ...words, ...usual, ...flags], {stdio: ["ignore", "pipe", "pipe"]});
  children.add(child);
  let log = "";
  child.stderr!.on("data", (part) => {
    log += part;
  });
  const started = new Promise<{client: Client; listen: string}>((resolve, reject) => {
    child.once("exit", (status) => reject(new Error(`the node ended with ${status}: ${log.slice(-2_000)}`)));
    createInterface({input: child.stdout!}).once("line", (line) => {
      const {url, listen} = JSON.parse(line) as {url: string; listen: string[]};
      const client = createClient({...CLIENT_DEFAULTS, url});
      clients.push(client);
      resolve({client, listen: listen[0]!});
    });
  });
  started.catch(() => {});
  return {child, log: () => log, started};
}

async function end({child}: Process, signal: NodeJS.Signals): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await ended;
}

async function follower(): Promise<string> {
  const directory = path.join(scratchDirectory(), "follower");
  await initFollower(directory, formatGenesis(genesis));
  return directory;
}

const heightOf = async (client: Client): Promise<bigint> => BigInt((await client.status()).chainTip);

test("a node that began with a snapshot, one that pruned and the archive have the same state at one height", async () => {
  const archiveDir = await initTestNode(genesis);
  const archive = await run(archiveDir, "--snapshot-interval", "10", "--snapshots-kept", "100").started;
  const pay = (nonce: bigint) =>
    archive.client.submit({body: signedTransfer(alice, {to: bob.address, amountDust: 5n, nonce})});
  await pay(0n);
  // The one at 20 is passed over where the one at 10 is still being written.
  await eventually(async () => (await heightsOn(path.join(archiveDir, "snapshots"))).some((each) => each >= 20n));

  const prunedDir = await follower();
  const syncing = run(prunedDir, "--peer", archive.listen);
  const {client} = await syncing.started;
  await eventually(async () => (await heightOf(client)) >= 20n);
  await end(syncing, "SIGTERM");
  const store = await SqliteStore.open({
    path: path.join(prunedDir, "chain.db"),
    slashReceiptsMax: 1,
    eventBlocksKept: 1,
  });
  expect(store.prune({upTo: 15n, blocksMax: 100})).toBe(15n);
  store.close();

  const fastDir = await follower();
  const flags = ["--fast-sync", "on", "--peer", archive.listen];
  const killed = run(fastDir, ...flags);
  // As soon as there is a part.
  await eventually(async () => {
    const [root] = existsSync(path.join(fastDir, "fast-sync")) ? readdirSync(path.join(fastDir, "fast-sync")) : [];
    const isThere = root !== undefined && existsSync(path.join(fastDir, "fast-sync", root, "manifest"));
    return isThere || existsSync(path.join(fastDir, "snapshots"));
  });
  await end(killed, "SIGKILL");

  await pay(1n);
  const fast = run(fastDir, ...flags);
  const [{client: fastClient}, {client: prunedClient}] = await Promise.all([
    fast.started,
    run(prunedDir, "--peer", archive.listen).started,
  ]);
  const height = await heightOf(archive.client);
  await eventually(async () => (await heightOf(fastClient)) > height && (await heightOf(prunedClient)) > height);
  const at = await Promise.all([archive.client, fastClient, prunedClient].map((each) => each.block({height})));
  expect(new Set(at.map(({stateRoot}) => stateRoot)).size).toBe(1);
  expect(at[0]!.stateRoot).toMatch(/^[0-9a-f]{64}$/);

  // What lies below the snapshot was never there.
  await expect(fastClient.block({height: 5n})).rejects.toMatchObject({code: "BLOCK_PRUNED"});
  await expect(prunedClient.block({height: 5n})).rejects.toMatchObject({code: "BLOCK_PRUNED"});
  expect((await archive.client.block({height: 5n})).height).toBe(5n);
  // It serves what it began with.
  expect(readdirSync(path.join(fastDir, "snapshots")).length).toBe(1);
}, 480_000);
