/**
 * Tables and checkpoints on disk. A file is written beside its place and moved there, its size is known before memory is
 * taken for it, and one whose checksum does not match is removed and built again.
 */
import {createHash} from "node:crypto";
import {type FileHandle, mkdir, open, readdir, rename, rm} from "node:fs/promises";
import path from "node:path";
import {equalBytes, hexOf, plain} from "../../../codecs/bytes.js";
import {
  DAG_FILE_CHECKSUM_BYTES,
  DAG_FILE_HEAD_BYTES,
  dagFileBytes,
  dagFileHead,
} from "../../../codecs/mining/dag-file.js";
import {DecodeError} from "../../../errors.js";
import type {DagSeed} from "../../ledger/mining/dag.js";

/** Bytes that are read or written at once. */
const PIECE_BYTES = 8 * 1024 * 1024;
/** Epochs whose files are kept. */
const KEPT_EPOCHS = 2;
const FILE_NAME = /^(\d{20})-[0-9a-f]{16}-\d+\.(?:table|\d+)$/;

export interface DagFile {
  readonly seed: DagSeed;
  /** 1 for a whole table. */
  readonly interval: number;
}

export class DagCache {
  /** @param directory made when the first file is written */
  constructor(
    private readonly directory: string,
    /** Told when a file cannot be used or written, which only costs time. */
    private readonly warn: (message: string) => void,
  ) {}

  /** The kept entries, read into `into`, which has their size; false when there is no good file. */
  async load(file: DagFile, into: Uint8Array): Promise<boolean> {
    const place = this.#place(file);
    let handle: FileHandle;
    try {
      handle = await open(place, "r");
    } catch {
      return false;
    }
    try {
      const wrong = await readFile(handle, file, into);
      if (wrong === null) return true;
      this.warn(`${place}: ${wrong}; it is built again`);
      await rm(place, {force: true});
    } catch (error) {
      this.warn(`${place}: ${(error as Error).message}; it is built again`);
    } finally {
      await handle.close();
    }
    return false;
  }

  /** Keeps entries, and drops the files of old epochs. A disk that cannot take them costs a warning. */
  async save(file: DagFile, entries: Uint8Array): Promise<void> {
    const place = this.#place(file);
    const draft = `${place}.${process.pid}.new`;
    try {
      await mkdir(this.directory, {recursive: true, mode: 0o700});
      await writeFile(draft, file, entries);
      await rename(draft, place);
      await this.#prune();
    } catch (error) {
      this.warn(`cannot keep ${place}: ${(error as Error).message}`);
      await rm(draft, {force: true}).catch(() => undefined);
    }
  }

  /** Removes a file whose entries turned out wrong. */
  async drop(file: DagFile): Promise<void> {
    await rm(this.#place(file), {force: true});
  }

  #place({seed: {epoch, workSetRoot, entries}, interval}: DagFile): string {
    const root = hexOf(workSetRoot).slice(0, 16);
    const kind = interval === 1 ? "table" : String(interval);
    return path.join(this.directory, `${epoch.toString().padStart(20, "0")}-${root}-${entries}.${kind}`);
  }

  async #prune(): Promise<void> {
    const files = (await readdir(this.directory)).map((name) => FILE_NAME.exec(name)).filter((match) => match !== null);
    const epochs = [...new Set(files.map(([, epoch]) => epoch!))].sort().slice(0, -KEPT_EPOCHS);
    for (const [name, epoch] of files) if (epochs.includes(epoch!)) await rm(path.join(this.directory, name));
  }
}

/** What is wrong with the file, or null when `into` holds its entries. */
async function readFile(handle: FileHandle, file: DagFile, into: Uint8Array): Promise<string | null> {
  const {size} = await handle.stat();
  const wanted = dagFileBytes({...file.seed, interval: file.interval});
  if (size !== wanted || into.length !== wanted - DAG_FILE_HEAD_BYTES - DAG_FILE_CHECKSUM_BYTES)
    return `${size} bytes instead of ${wanted}`;
  const hash = createHash("sha256");
  const head = new Uint8Array(DAG_FILE_HEAD_BYTES);
  await readWhole(handle, head, 0);
  if (!equalBytes(head, dagFileHead.encode({...file.seed, interval: file.interval}))) return "another table's head";
  hash.update(head);
  for (let at = 0; at < into.length; at += PIECE_BYTES) {
    const piece = into.subarray(at, at + PIECE_BYTES);
    await readWhole(handle, piece, DAG_FILE_HEAD_BYTES + at);
    hash.update(piece);
  }
  const checksum = new Uint8Array(DAG_FILE_CHECKSUM_BYTES);
  await readWhole(handle, checksum, wanted - DAG_FILE_CHECKSUM_BYTES);
  return equalBytes(checksum, plain(hash.digest())) ? null : "the checksum does not match";
}

async function readWhole(handle: FileHandle, into: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const {bytesRead} = await handle.read(into, done, into.length - done, position + done);
    if (bytesRead === 0) throw new DecodeError("DAG_FILE_INVALID", "the file ends early");
    done += bytesRead;
  }
}

async function writeFile(place: string, {seed, interval}: DagFile, entries: Uint8Array): Promise<void> {
  const handle = await open(place, "wx", 0o600);
  try {
    const hash = createHash("sha256");
    const write = async (piece: Uint8Array): Promise<void> => {
      hash.update(piece);
      await writeWhole(handle, piece);
    };
    await write(dagFileHead.encode({...seed, interval}));
    for (let at = 0; at < entries.length; at += PIECE_BYTES) await write(entries.subarray(at, at + PIECE_BYTES));
    await writeWhole(handle, hash.digest());
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeWhole(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await handle.write(bytes, done, bytes.length - done, null)).bytesWritten;
}
