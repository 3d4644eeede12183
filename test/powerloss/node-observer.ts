/** Looks at a data directory after a power cut, as `node run` does at its start. */
import {createHash} from "node:crypto";
import {existsSync, readFileSync} from "node:fs";
import path from "node:path";
import {hexOf, plain, textOf} from "../../src/codecs/bytes.js";
import {formatGenesis, parseGenesis} from "../../src/codecs/chain/genesis-file.js";
import {sha256} from "../../src/codecs/hash.js";
import {QsdmError, RuleError} from "../../src/errors.js";
import {type DataDir, initDataDir, readDataDir} from "../../src/node/data-dir.js";
import {SignedFile} from "../../src/node/keys/signed-file.js";
import {VoteSigner} from "../../src/node/keys/vote-signer.js";
import {DEFAULT_NODE_OPTIONS, QsdmNode} from "../../src/node/node.js";
import {SnapshotFiles} from "../../src/node/snapshots/files.js";
import {heightsOn, placeOf} from "../../src/node/snapshots/shelf.js";
import {NO_SINK, verifySnapshot} from "../../src/node/snapshots/verify.js";
import {type Cells, CLEAR} from "../../src/node/storage/seal/cells.js";
import {openStoreKey} from "../../src/node/storage/seal/key-file.js";
import {SqliteStore} from "../../src/node/storage/sqlite/store.js";
import {nodeGenesis} from "../support/node.js";
import {trustIn} from "../support/snapshots.js";
import type {Observer, Part} from "./recording.js";

const SILENT = {debug: () => {}, info: () => {}, warn: () => {}, error: () => {}};
export const STORE = {slashReceiptsMax: 10_000, eventBlocksKept: 100_000};
/** What is found where no directory was initialised yet. */
const NO_KEYS = "none";

/**
 * Opens the keys, the record of votes, the snapshots and the database for each different content of theirs. The whole
 * start depends on what is found in them alone, so it is made for each different findings.
 * @param passphrases of an encrypted store, each of which its key may be under
 */
export function nodeObserver(
  folder: string,
  passphrases: readonly string[] = [],
): Observer & {readonly parts: readonly [Part, Part, Part, Part]} {
  /** Ids that a database holds, by its digest. */
  const idsIn = new Map<string, ReadonlySet<string>>();
  const keys = new StoreKeys(passphrases);
  const part = (name: string, files: RegExp, look: (dataDir: string) => Promise<string>): Part => ({
    name,
    owns: (file) => file.startsWith(`${folder}/`) && files.test(file.slice(folder.length + 1)),
    look: (root) => look(path.join(root, folder)),
  });
  return {
    parts: [
      part("keys", /^(genesis\.json|validator\.seed|challenge\.key|chain\.key)(\.new)?$/, (dataDir) =>
        keysIn(dataDir, keys),
      ),
      part("signed", /^validator\.signed$/, async (dataDir) => signedIn(path.join(dataDir, "validator.signed"))),
      part("snapshots", /^(genesis\.json$|snapshots\/)/, snapshotsIn),
      part("database", /^chain\.(db|key$)/, (dataDir) => databaseIn(dataDir, {idsIn, keys})),
    ],
    async whole(root, findings) {
      if (findings.keys !== NO_KEYS) await startNode(path.join(root, folder), keys);
    },
    owed(heard, {database}) {
      for (const id of acknowledgedIn(heard))
        if (!idsIn.get(database!)?.has(id)) return `transaction ${id} was acknowledged and is gone`;
      return null;
    },
  };
}

/** Opens keys of encrypted stores, each file once: a guess at a passphrase takes half a second. */
class StoreKeys {
  readonly #opened = new Map<string, {readonly cells: Cells; readonly passphrase: string}>();

  constructor(private readonly passphrases: readonly string[]) {}

  /** What is sealed by the key in a data directory; null where it has none. @throws Error where no passphrase opens it */
  async in(dataDir: string): Promise<{readonly cells: Cells; readonly passphrase: string} | null> {
    const place = path.join(dataDir, "chain.key");
    if (!existsSync(place)) return null;
    const file = plain(readFileSync(place));
    const digest = hexOf(sha256(file));
    const known = this.#opened.get(digest);
    if (known) return known;
    let refused: unknown;
    for (const passphrase of this.passphrases)
      try {
        const opened = {cells: await openStoreKey(file, passphrase), passphrase};
        this.#opened.set(digest, opened);
        return opened;
      } catch (error) {
        refused = error;
      }
    throw refused;
  }
}

async function keysIn(dataDir: string, keys: StoreKeys): Promise<string> {
  let dir: DataDir;
  try {
    dir = await readDataDir(dataDir);
  } catch (error) {
    if (!(error instanceof QsdmError) || error.code !== "DATA_DIR_MISSING") throw error;
    // Nothing was promised of a directory without a genesis but that it can be initialised.
    await initDataDir(dataDir, {genesis: nodeGenesis([]), validatorSeed: new Uint8Array(32)});
    await readDataDir(dataDir);
    return NO_KEYS;
  }
  const {genesis, validatorSeed, challengeKey} = dir;
  const opened = await keys.in(dataDir);
  const sealed = opened ? `${hexOf(opened.cells.keyId!)} ${opened.passphrase}` : "";
  return [formatGenesis(genesis), hexOf(validatorSeed), hexOf(challengeKey), sealed]
    .map((text) => hexOf(sha256(Buffer.from(text))))
    .join();
}

/** The newest record; the key refuses whatever would contradict it. */
function signedIn(signedPath: string): string {
  if (!existsSync(path.dirname(signedPath))) return "null";
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
async function snapshotsIn(dataDir: string): Promise<string> {
  const shelf = path.join(dataDir, "snapshots");
  const heights = await heightsOn(shelf);
  if (heights.length === 0) return "";
  const trust = trustIn(parseGenesis(readFileSync(path.join(dataDir, "genesis.json"), "utf8")));
  for (const height of heights) await verifySnapshot(await SnapshotFiles.open(placeOf(shelf, height)), NO_SINK, trust);
  return heights.join();
}

/** Digest of the tables: closing brings everything that was committed into the one file. */
async function databaseIn(
  dataDir: string,
  {idsIn, keys}: {readonly idsIn: Map<string, ReadonlySet<string>>; readonly keys: StoreKeys},
): Promise<string> {
  const file = path.join(dataDir, "chain.db");
  // A key comes first, and before it is whole nothing was begun.
  if (!existsSync(dataDir)) return "none";
  if (existsSync(path.join(dataDir, "chain.key")) && !existsSync(file)) return "empty";
  const {cells} = (await keys.in(dataDir)) ?? {cells: CLEAR};
  const store = await SqliteStore.open({...STORE, path: file, cells});
  // What marks an empty one as sealed is drawn each time that it is made.
  const isNew = cells.keyId !== null && store.head() === null && store.waiting().length === 0 && !store.promise();
  store.close();
  if (isNew) return "empty";
  const bytes = readFileSync(file);
  // How it is journalled, how often it was written and by which version of SQLite: none of it is content.
  bytes.fill(0, 18, 20).fill(0, 24, 28).fill(0, 92, 100);
  const digest = createHash("sha256").update(bytes).digest("hex");
  if (!idsIn.has(digest)) idsIn.set(digest, await readAll(file, cells));
  return digest;
}

/** Ids of all that waits and of all receipts. @throws Error when the file is not whole */
async function readAll(file: string, cells: Cells): Promise<ReadonlySet<string>> {
  const store = await SqliteStore.open({...STORE, path: file, cells});
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

/** The node's own start, without sockets. It holds the state that it loads to the root in the newest block. */
async function startNode(dataDir: string, keys: StoreKeys): Promise<void> {
  const opened = await keys.in(dataDir);
  const storePassphrase = opened && {isGiven: true, read: async () => opened.passphrase};
  const options = {...DEFAULT_NODE_OPTIONS, dataDir, api: {port: 0, rateLimit: null}};
  const node = await QsdmNode.open(options, {
    ...{log: SILENT, nowMs: () => Date.now(), version: "0.0.0", commit: ""},
    ...(storePassphrase && {storePassphrase}),
  });
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
