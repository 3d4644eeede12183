/**
 * A node's data directory: genesis, keys, database. Keys are seeds in hex, readable by their owner alone, and a
 * directory is initialised whole or not at all.
 */
import {randomBytes} from "node:crypto";
import {open, readFile, rename, rm, stat} from "node:fs/promises";
import path from "node:path";
import {bytesOfHex, hexOf, plain, textOf} from "../codecs/bytes.js";
import type {Genesis} from "../codecs/chain/genesis.js";
import {formatGenesis, parseGenesis} from "../codecs/chain/genesis-file.js";
import {ML_DSA_SEED_BYTES} from "../codecs/suite.js";
import {RuleError, UnavailableError, UsageError} from "../errors.js";
import {makeDirectory, syncDirectory} from "./durable-directory.js";

const GENESIS_FILE = "genesis.json";
const VALIDATOR_FILE = "validator.seed";
const SIGNED_FILE = "validator.signed";
const CHALLENGE_FILE = "challenge.key";
const DATABASE_FILE = "chain.db";
const STORE_KEY_FILE = "chain.key";
const CLUSTER_FILE = "cluster.db";
const REJECTIONS_FILE = "rejections.jsonl";
const PEERS_FILE = "peers.json";
const DAG_FOLDER = "dag";
const SNAPSHOTS_FOLDER = "snapshots";
const FAST_SYNC_FOLDER = "fast-sync";
const CHALLENGE_KEY_BYTES = 32;

/** What a node starts from. */
export interface DataDir {
  readonly genesis: Genesis;
  /** Seed of the ML-DSA-44 key that votes, or that a follower is known by; 32 bytes. */
  readonly validatorSeed: Uint8Array;
  /** Key of the challenge MAC, 32 bytes. */
  readonly challengeKey: Uint8Array;
  readonly databasePath: string;
  /** File of the key that the database is encrypted with, sealed under a passphrase; null where it is in clear. */
  readonly storeKey: Uint8Array | null;
  /** What is known of this node's share in a cluster. */
  readonly clusterPath: string;
  /** What the voting key signed last. */
  readonly signedPath: string;
  /** Log of refused claims, one JSON object a line. */
  readonly rejectionsPath: string;
  /** Addresses of other nodes. */
  readonly peersPath: string;
  /** Directory of proof-of-work tables, which may be removed at any time. */
  readonly dagPath: string;
  /** Directory of snapshots, each in one that is named by its height. */
  readonly snapshotsPath: string;
  /** Directory of a snapshot that is being brought from peers. */
  readonly fastSyncPath: string;
}

/** Where a data directory has its snapshots. */
export const snapshotsIn = (directory: string): string => path.join(directory, SNAPSHOTS_FOLDER);

/** 32 random bytes for a new key. */
export const newSeed = (): Uint8Array => plain(randomBytes(ML_DSA_SEED_BYTES));

/**
 * Creates a data directory.
 * @throws UsageError DATA_DIR_EXISTS when it holds a node already
 */
export async function initDataDir(
  directory: string,
  {
    genesis,
    validatorSeed,
    storeKey = null,
  }: Pick<DataDir, "genesis" | "validatorSeed"> & Partial<Pick<DataDir, "storeKey">>,
): Promise<void> {
  if (await exists(path.join(directory, GENESIS_FILE)))
    throw new UsageError("DATA_DIR_EXISTS", `${directory} already holds a node`, {
      hint: "choose another --data-dir, or remove the old one yourself",
    });
  makeDirectory(directory);
  await writeWhole(path.join(directory, VALIDATOR_FILE), `${hexOf(validatorSeed)}\n`, 0o600);
  await writeWhole(path.join(directory, CHALLENGE_FILE), `${hexOf(newSeed())}\n`, 0o600);
  if (storeKey !== null) await replaceStoreKey(directory, storeKey);
  // Last, when the keys are on the disk: its presence says that the directory is complete.
  await writeWhole(path.join(directory, GENESIS_FILE), formatGenesis(genesis), 0o644);
}

/**
 * Reads a data directory.
 * @throws UnavailableError DATA_DIR_MISSING; DecodeError GENESIS_FILE_INVALID; RuleError KEY_FILE_INVALID, KEY_FILE_OPEN
 */
export async function readDataDir(directory: string): Promise<DataDir> {
  const genesisPath = path.join(directory, GENESIS_FILE);
  if (!(await exists(genesisPath)))
    throw new UnavailableError("DATA_DIR_MISSING", `${directory} holds no node`, {
      hint: `run: qsdm node init --data-dir ${directory}`,
    });
  return {
    genesis: parseGenesis(await readFile(genesisPath, "utf8")),
    validatorSeed: await readKey(path.join(directory, VALIDATOR_FILE), ML_DSA_SEED_BYTES),
    challengeKey: await readKey(path.join(directory, CHALLENGE_FILE), CHALLENGE_KEY_BYTES),
    signedPath: path.join(directory, SIGNED_FILE),
    databasePath: path.join(directory, DATABASE_FILE),
    storeKey: await readStoreKey(path.join(directory, STORE_KEY_FILE)),
    clusterPath: path.join(directory, CLUSTER_FILE),
    rejectionsPath: path.join(directory, REJECTIONS_FILE),
    peersPath: path.join(directory, PEERS_FILE),
    dagPath: path.join(directory, DAG_FOLDER),
    snapshotsPath: snapshotsIn(directory),
    fastSyncPath: path.join(directory, FAST_SYNC_FOLDER),
  };
}

/** Puts the key of the store under another passphrase, or there for the first time: the old file or the new one, never half. */
export const replaceStoreKey = (directory: string, storeKey: Uint8Array): Promise<void> =>
  writeWhole(path.join(directory, STORE_KEY_FILE), textOf(storeKey), 0o600);

async function readStoreKey(file: string): Promise<Uint8Array | null> {
  try {
    return plain(await readFile(file));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new UnavailableError("KEY_FILE_MISSING", `cannot read ${file}`, {cause});
  }
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

async function readKey(file: string, size: number): Promise<Uint8Array> {
  let text: string;
  try {
    const {mode} = await stat(file);
    if (process.platform !== "win32" && (mode & 0o077) !== 0)
      throw new RuleError("KEY_FILE_OPEN", `others can read ${file}`, {hint: `run: chmod 600 ${file}`});
    text = (await readFile(file, "utf8")).trim();
  } catch (cause) {
    if (cause instanceof RuleError) throw cause;
    throw new UnavailableError("KEY_FILE_MISSING", `cannot read ${file}`, {cause});
  }
  try {
    return bytesOfHex(text, size);
  } catch (cause) {
    throw new RuleError("KEY_FILE_INVALID", `${file} is not ${size} bytes of hex`, {cause});
  }
}

/** Writes beside the place and moves it there, so that a crash leaves the whole file or none; on the disk when it returns. */
async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  const draft = `${file}.new`;
  await rm(draft, {force: true});
  const handle = await open(draft, "wx", mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
  syncDirectory(path.dirname(file));
}
