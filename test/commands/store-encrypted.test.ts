/** An encrypted data directory from its creation on: a real node fills it, and the store commands work on it. */
import {existsSync, readFileSync, rmSync, statSync, writeFileSync} from "node:fs";
import path from "node:path";
import {beforeAll, describe, expect, test} from "vitest";
import {formatGenesis} from "../../src/codecs/chain/genesis-file.js";
import {STORE_KEY_LOG_N} from "../../src/codecs/store-key.js";
import {replaceStoreKey} from "../../src/node/data-dir.js";
import {DEFAULT_CQL_OPTIONS} from "../../src/node/storage/cql/options.js";
import {createStoreKey} from "../../src/node/storage/seal/key-file.js";
import {testAccount} from "../support/accounts.js";
import {scratchDirectory} from "../support/chain.js";
import {eventually, initTestNode, nodeGenesis, runTestNode} from "../support/node.js";
import {deskOf} from "./against-node.js";

const GENESIS = nodeGenesis([testAccount("owner")]);
const files = {
  "/genesis.json": formatGenesis(GENESIS),
  "/old": "three old words\n",
  "/new": "four other new words\n",
  "/cql": 'store_passphrase_file = "/old"\n',
};
const {qsdm} = deskOf("http://127.0.0.1:9", new Uint8Array());
const json = async (line: string) => {
  const ran = await qsdm(`${line} --json`, {files});
  return {...ran, ...(JSON.parse(ran.out) as {data: Record<string, unknown>; error: {code: string; hint: string}})};
};
const passphraseOf = (text: string) => ({storePassphrase: {isGiven: true, read: async () => text}});

let dataDir: string;
/** A key that is opened in no time: most of these tests are about what comes then. */
let cheap: Uint8Array;

beforeAll(async () => {
  dataDir = await initTestNode(GENESIS);
  cheap = await createStoreKey("four other new words", STORE_KEY_LOG_N.min);
  await replaceStoreKey(dataDir, await createStoreKey("three old words", STORE_KEY_LOG_N.min));
  const running = await runTestNode(dataDir, {}, undefined, passphraseOf("three old words"));
  await eventually(async () => running.node.view().head.height >= 4n);
  await running.stop();
});

test("the node's chain is checked by execution, copied out, and brought into another encrypted directory", async () => {
  const verified = await qsdm(`store verify --level execute --data-dir ${dataDir} --store-passphrase-file /old`, {
    files,
  });
  expect([verified.status, verified.out.trim().split("\t")[3]], verified.err).toEqual([0, "whole"]);
  const file = path.join(scratchDirectory(), "chain.qsdm");
  const exported = await json(`store export ${file} --data-dir ${dataDir} --store-passphrase-file /old`);
  expect(exported.status).toBe(0);
  const to = path.join(scratchDirectory(), "to");
  const made = await json(`node init --data-dir ${to} --genesis /genesis.json --store-passphrase-file /new`);
  expect(made.data).toMatchObject({encrypted: true});
  expect(statSync(path.join(to, "chain.key")).mode & 0o777).toBe(0o600);
  await replaceStoreKey(to, cheap);
  const taken = await json(`store import ${file} --trust-end --data-dir ${to} --store-passphrase-file /new`);
  const {data} = await json(`store stats --data-dir ${dataDir} --config /cql`);
  expect(taken.data.height).toBe((data.head as {height: string}).height);
  expect(data.encrypted).toBe(true);
});

test("a snapshot of it goes into another encrypted directory", async () => {
  const made = await json(`snapshot create --data-dir ${dataDir} --store-passphrase-file /old`);
  expect(made.status, made.err).toBe(0);
  const to = path.join(scratchDirectory(), "to");
  await json(`node init --data-dir ${to} --genesis /genesis.json`);
  await replaceStoreKey(to, cheap);
  const wrong = await json(`snapshot restore ${made.data.directory} --data-dir ${to} --store-passphrase-file /old`);
  expect([wrong.status, wrong.error.code]).toEqual([3, "PASSPHRASE_WRONG"]);
  const taken = await json(`snapshot restore ${made.data.directory} --data-dir ${to} --store-passphrase-file /new`);
  expect(taken.status, taken.err).toBe(0);
  const verified = await qsdm(`store verify --level votes --data-dir ${to} --store-passphrase-file /new`, {files});
  expect(verified.out.trim().split("\t")[3], verified.err).toBe("whole");
  expect((await json(`store stats --data-dir ${to} --store-passphrase-file /new`)).data).toMatchObject({
    encrypted: true,
  });
});

test("another passphrase opens the same store, and the old one no longer", async () => {
  const before = readFileSync(path.join(dataDir, "chain.key"));
  const database = readFileSync(path.join(dataDir, "chain.db"));
  const ran = await json(`store reseal --data-dir ${dataDir} --store-passphrase-file /old --new-passphrase-file /new`);
  expect(before.toString()).toContain(`"key_id": "${ran.data.key_id}"`);
  expect(readFileSync(path.join(dataDir, "chain.db")).equals(database)).toBe(true);
  expect((await json(`store stats --data-dir ${dataDir} --store-passphrase-file /new`)).status).toBe(0);
  const old = await json(`store stats --data-dir ${dataDir} --store-passphrase-file /old`);
  expect([old.status, old.error.code]).toEqual([3, "PASSPHRASE_WRONG"]);
  writeFileSync(path.join(dataDir, "chain.key"), before);
});

describe("refusals", () => {
  test("nobody says the passphrase", async () => {
    const ran = await json(`store stats --data-dir ${dataDir}`);
    expect([ran.status, ran.error.code]).toEqual([2, "PASSPHRASE_MISSING"]);
    expect(ran.error.hint).toContain("--store-passphrase-file");
    await expect(runTestNode(dataDir)).rejects.toMatchObject({code: "STORE_PASSPHRASE_MISSING"});
    await expect(runTestNode(dataDir, {}, undefined, passphraseOf("a guess"))).rejects.toMatchObject({
      code: "PASSPHRASE_WRONG",
    });
  });

  test("the key is gone, with a passphrase and without one", async () => {
    const key = path.join(dataDir, "chain.key");
    const kept = readFileSync(key);
    rmSync(key);
    await expect(runTestNode(dataDir)).rejects.toMatchObject({code: "STORE_KEY_MISSING"});
    const ran = await json(`store verify --data-dir ${dataDir} --store-passphrase-file /old`);
    expect([ran.status, ran.error.code]).toEqual([2, "STORE_NOT_ENCRYPTED"]);
    writeFileSync(key, kept);
  });

  test("a passphrase for a store in clear", async () => {
    const clear = path.join(scratchDirectory(), "clear");
    expect((await json(`node init --data-dir ${clear} --genesis /genesis.json`)).data.encrypted).toBe(false);
    expect(existsSync(path.join(clear, "chain.key"))).toBe(false);
    const ran = await json(`store reseal --data-dir ${clear} --store-passphrase-file /old`);
    expect([ran.status, ran.error.code]).toEqual([2, "STORE_NOT_ENCRYPTED"]);
    await expect(runTestNode(clear, {}, undefined, passphraseOf("three old words"))).rejects.toMatchObject({
      code: "STORE_NOT_ENCRYPTED",
    });
  });

  test("a cluster would get in clear what is encrypted here", async () => {
    const cluster = {
      ...{...DEFAULT_CQL_OPTIONS, contactPoints: ["127.0.0.1:9"], datacenter: "dc1", keyspace: "qsdm"},
      ...{login: null, tls: null},
    };
    await expect(runTestNode(dataDir, {cluster}, undefined, passphraseOf("three old words"))).rejects.toMatchObject({
      code: "CLUSTER_NOT_ENCRYPTED",
    });
    const ran = await json(
      `migrate to-cluster --data-dir ${dataDir} --store-passphrase-file /old --cql-contact-points 127.0.0.1:9`,
    );
    expect([ran.status, ran.error.code]).toEqual([2, "CLUSTER_NOT_ENCRYPTED"]);
  });
});
