/** Looks at a data directory after a power cut, as `node run` does at its start. */
import {readFileSync} from "node:fs";
import path from "node:path";
import {hexOf, textOf} from "../../src/codecs/bytes.js";
import {formatGenesis} from "../../src/codecs/chain/genesis-file.js";
import {sha256} from "../../src/codecs/hash.js";
import {QsdmError, RuleError} from "../../src/errors.js";
import {type DataDir, initDataDir, readDataDir} from "../../src/node/data-dir.js";
import {SignedFile} from "../../src/node/keys/signed-file.js";
import {VoteSigner} from "../../src/node/keys/vote-signer.js";
import {DEFAULT_NODE_OPTIONS, QsdmNode} from "../../src/node/node.js";
import {SnapshotFiles} from "../../src/node/snapshots/files.js";
import {heightsOn, placeOf} from "../../src/node/snapshots/shelf.js";
import {NO_SINK, verifySnapshot} from "../../src/node/snapshots/verify.js";
import {SqliteStore} from "../../src/node/storage/sqlite/store.js";
import {nodeGenesis} from "../support/node.js";
import {trustIn} from "../support/snapshots.js";
import type {Findings, Recording} from "./recording.js";

const SILENT = {debug: () => {}, info: () => {}, warn: () => {}, error: () => {}};
export const STORE = {slashReceiptsMax: 10_000, eventBlocksKept: 100_000};

/**
 * Opens the keys, the record of votes and the database each time. The whole start, whose course depends on their
 * contents alone, is made once for each different content, or for one in `startsOneIn` of them.
 */
export function nodeObserver(folder: string, startsOneIn = 1): Pick<Recording, "observe" | "owed"> {
  const started = new Set<string>();
  /** Ids that a database holds, by its digest. */
  const idsIn = new Map<string, ReadonlySet<string>>();
  return {
    async observe(root) {
      const dataDir = path.join(root, folder);
      const dir = await readDataDir(dataDir).catch((error: unknown) => {
        if (error instanceof QsdmError && error.code === "DATA_DIR_MISSING") return null;
        throw error;
      });
      if (dir === null) return begunAgain(dataDir);
      const findings = {
        keys: keysIn(dir),
        signed: signedIn(dir),
        snapshots: await snapshotsOn(dir),
        database: await databaseIn(dir, idsIn),
      };
      const all = JSON.stringify(findings);
      if (!started.has(all) && started.size % startsOneIn === 0) await startNode(dataDir);
      started.add(all);
      return findings;
    },
    owed(heard, {database}) {
      for (const id of acknowledgedIn(heard))
        if (!idsIn.get(database!)?.has(id)) return `transaction ${id} was acknowledged and is gone`;
      return null;
    },
  };
}

/** Nothing was promised of a directory without a genesis but that it can be initialised. */
async function begunAgain(dataDir: string): Promise<Findings> {
  await initDataDir(dataDir, {genesis: nodeGenesis([]), validatorSeed: new Uint8Array(32)});
  await readDataDir(dataDir);
  return {keys: "none", signed: "null", snapshots: "", database: "none"};
}

const keysIn = ({genesis, validatorSeed, challengeKey}: DataDir): string =>
  [formatGenesis(genesis), hexOf(validatorSeed), hexOf(challengeKey)]
    .map((text) => hexOf(sha256(Buffer.from(text))))
    .join();

/** The newest record; the key refuses whatever would contradict it. */
function signedIn({signedPath}: DataDir): string {
  const file = SignedFile.open(signedPath);
  try {
    const {record} = file;
    if (record) refusesSecondVote(file);
    return JSON.stringify(record, (_, value) => (typeof value === "bigint" ? String(value) : value));
  } finally {
    file.close();
  }
}

function refusesSecondVote(file: SignedFile): void {
  const {epoch, votedView: view} = file.record!;
  const signer = new VoteSigner(new Uint8Array(), () => new Uint8Array(), file);
  try {
    signer.vote({chainId: "test", epoch, height: view, view, blockId: "ee".repeat(32)});
  } catch (error) {
    if (error instanceof RuleError && error.code === "SIGNER_REFUSED") return;
    throw error;
  }
  throw new Error(`the key voted twice in view ${view}`);
}

/** Heights of those that are told of, each verified in whole. */
async function snapshotsOn({genesis, snapshotsPath}: DataDir): Promise<string> {
  const heights = await heightsOn(snapshotsPath);
  for (const height of heights) {
    const files = await SnapshotFiles.open(placeOf(snapshotsPath, height));
    await verifySnapshot(files, NO_SINK, trustIn(genesis));
  }
  return heights.join();
}

/** Digest of the tables: closing brings everything that was committed into the one file. */
async function databaseIn({databasePath: file}: DataDir, idsIn: Map<string, ReadonlySet<string>>): Promise<string> {
  const store = await SqliteStore.open({...STORE, path: file});
  store.close();
  const bytes = readFileSync(file);
  // How it is journalled, how often it was written and by which version of SQLite: none of it is content.
  bytes.fill(0, 18, 20).fill(0, 24, 28).fill(0, 92, 100);
  const digest = hexOf(sha256(bytes));
  if (!idsIn.has(digest)) idsIn.set(digest, await readAll(file));
  return digest;
}

/** Ids of all that waits and of all receipts. @throws Error when the file is not whole */
async function readAll(file: string): Promise<ReadonlySet<string>> {
  const store = await SqliteStore.open({...STORE, path: file});
  try {
    const broken = store.verify();
    if (broken.length > 0) throw new Error(`the database is not whole: ${broken[0]}`);
    const ids = store.waiting().map(({id}) => id);
    const receipts = store.receipts({from: 0n, to: 2n ** 62n, limit: 1_000_000}).map(({txId}) => txId);
    return new Set([...ids, ...receipts]);
  } finally {
    store.close();
  }
}

/** The node's own start, without sockets. */
async function startNode(dataDir: string): Promise<void> {
  const options = {...DEFAULT_NODE_OPTIONS, dataDir, api: {port: 0, rateLimit: null}};
  const node = await QsdmNode.open(options, {log: SILENT, nowMs: () => Date.now(), version: "0.0.0", commit: ""});
  await node.stop();
}

const acknowledged = new WeakMap<Uint8Array, string | null>();

/** Ids that answers with status 200 named. */
export function acknowledgedIn(heard: readonly Uint8Array[]): string[] {
  return heard.flatMap((bytes) => {
    let id = acknowledged.get(bytes);
    if (id === undefined) {
      const text = textOf(bytes);
      id = (/^HTTP\/1\.1 20\d /.test(text) && /"tx_id": ?"([0-9a-f]{64})"/.exec(text)?.[1]) || null;
      acknowledged.set(bytes, id);
    }
    return id === null ? [] : [id];
  });
}
