/** The snapshot commands over a data directory that a real node has filled. */
import {cpSync, writeFileSync} from "node:fs";
import path from "node:path";
import {beforeAll, expect, test} from "vitest";
import {formatGenesis} from "../../src/codecs/chain/genesis-file.js";
import {testAccount} from "../support/accounts.js";
import {scratchDirectory} from "../support/chain.js";
import {eventually, initTestNode, nodeGenesis, runTestNode} from "../support/node.js";
import {deskOf} from "./against-node.js";

const GENESIS = nodeGenesis([testAccount("owner")]);
const files = {"/genesis.json": formatGenesis(GENESIS)};
const {qsdm} = deskOf("http://127.0.0.1:9", new Uint8Array());
const json = async (line: string) => {
  const ran = await qsdm(`${line} --json`, {files});
  return {...ran, ...(JSON.parse(ran.out) as {data: Record<string, unknown>; error: {code: string}})};
};

let dataDir: string;
let head: {height: string; state_root: string};
let created: string[];

beforeAll(async () => {
  dataDir = await initTestNode(GENESIS);
  const running = await runTestNode(dataDir);
  await eventually(async () => running.node.view().head.height >= 5n);
  await running.stop();
  head = (await json(`store stats --data-dir ${dataDir}`)).data.head as typeof head;
  const ran = await qsdm(`snapshot create --data-dir ${dataDir}`);
  expect(ran.status, ran.err).toBe(0);
  created = ran.out.trim().split("\t");
});

async function follower(): Promise<string> {
  const directory = path.join(scratchDirectory(), "follower");
  const ran = await qsdm(`node init --data-dir ${directory} --genesis /genesis.json`, {files});
  expect(ran.status, ran.err).toBe(0);
  return directory;
}

test("a stopped validator's newest block is created, listed and verified", async () => {
  const [height, root, , directory] = created;
  expect([height, directory]).toEqual([head.height, path.join(dataDir, "snapshots", head.height)]);
  expect((await qsdm(`snapshot list --data-dir ${dataDir}`)).out).toBe(`${created.join("\t")}\n`);
  const found = await json(`snapshot verify ${directory} --genesis /genesis.json`);
  expect(found.data).toMatchObject({height, root, state_root: head.state_root, chunks: 4});
  expect((await qsdm(`snapshot verify ${directory} --data-dir ${dataDir}`)).out).toBe(`${created.join("\t")}\n`);
  expect((await json(`snapshot create --data-dir ${dataDir}`)).error.code).toBe("SNAPSHOT_EXISTS");
});

test("a restored data directory has the same state root, and is not restored into again", async () => {
  const directory = await follower();
  const restored = await json(`snapshot restore ${created[3]} --data-dir ${directory}`);
  expect(restored.data).toMatchObject({height: head.height, root: created[1]});
  const stats = (await json(`store stats --data-dir ${directory}`)).data;
  expect(stats).toMatchObject({head, pruned_height: String(BigInt(head.height) - 1n)});
  expect((await qsdm(`store verify --data-dir ${directory} --level votes`)).status).toBe(0);
  expect((await json(`snapshot restore ${created[3]} --data-dir ${directory}`)).error.code).toBe("RESTORE_NOT_EMPTY");
  // A follower has no votes of its own that prove its newest block final.
  expect((await json(`snapshot create --data-dir ${directory}`)).error.code).toBe("SNAPSHOT_UNPROVED");
});

test("what cannot be read or does not hold is refused with its code", async () => {
  const directory = await follower();
  const none = await json(`snapshot verify /nowhere --genesis /genesis.json`);
  expect([none.status, none.error.code]).toEqual([4, "SNAPSHOT_MISSING"]);
  const altered = path.join(scratchDirectory(), "altered");
  cpSync(created[3]!, altered, {recursive: true});
  writeFileSync(path.join(altered, "state-0-"), "no");
  for (const line of ["snapshot verify", "snapshot restore"]) {
    const ran = await json(`${line} ${altered} --data-dir ${directory}`);
    expect([ran.status, ran.error.code]).toEqual([3, "SNAPSHOT_CHUNK_INVALID"]);
  }
  expect((await json(`store stats --data-dir ${directory}`)).error.code).toBe("DATABASE_UNFINISHED");
  expect((await json(`snapshot restore ${created[3]} --data-dir ${directory}`)).data).toMatchObject({
    height: head.height,
  });
  expect((await json(`snapshot create --data-dir ${await follower()}`)).error.code).toBe("DATABASE_MISSING");
});
