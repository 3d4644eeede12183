/**
 * Tables and checkpoints on disk. A file is written beside its place and moved there, its size is known before memory is
 * taken for it, and one whose checksum does not match is removed and built again.
 */
import {createHash} from "node:crypto";
import {type FileHandle, mkdir, open, readdir, rename, rm} from "node:fs/promises";
import path from "node:path";
import {setImmediate as nextTurn} from "node:timers/promises";
import {equalBytes, hexOf, plain} from "../../../codecs/bytes.js";
import {
  DAG_FILE_CHECKSUM_BYTES,
  DAG_FILE_HEAD_BYTES,
  dagFileBytes,
  dagFileHead,
} from "../../../codecs/mining/dag-file.js";
import {DecodeError, UnavailableError} from "../../../errors.js";
import type {ComputeBackend} from "../../compute/backend.js";
import type {MappedTable} from "../../compute/mapped-table.js";
import {type DagSeed, ENTRY_BYTES} from "../../ledger/mining/dag.js";

/** Bytes that are read or written at once. */
const PIECE_BYTES = 8 * 1024 * 1024;
/** The same of a mapped file, which is read on this thread: about a millisecond. */
const MAPPED_PIECE_BYTES = 1024 * 1024;
/** After so many it is seen whether the system uses large pages. */
const TRIED_BYTES = 64 * MAPPED_PIECE_BYTES;
/** Epochs whose files are kept. */
const KEPT_EPOCHS = 2;
const FILE_NAME = /^(\d{20})-[0-9a-f]{16}-\d+\.(?:table|\d+)$/;

export interface DagFile {
  readonly seed: DagSeed;
  /** 1 for a whole table. */
  readonly interval: number;
}

type MapTable = NonNullable<ComputeBackend["mapTable"]>;
/** Whether to go on with a mapping of which so many bytes have been read. */
type Suits = (table: MappedTable, readBytes: number) => boolean;

export class DagCache {
  /** @param directory made when the first file is written */
  constructor(
    private readonly directory: string,
    /** Told when a file cannot be used or written, which only costs time. */
    private readonly warn: (message: string) => void,
  ) {}

  /** The kept entries, read into `into`, which has their size; false when there is no good file. */
  async load(file: DagFile, into: Uint8Array): Promise<boolean> {
    const read = async (handle: FileHandle): Promise<true> => {
      await readFile(handle, file, into);
      return true;
    };
    return (await this.#use(file, read)) ?? false;
  }

  /**
   * A whole table where its file is mapped, its checksum compared with what will be walked; null when there is no good
   * file, it cannot be mapped, or `suits` says no to it after a part has been read.
   * @throws the signal's reason
   */
  async map(
    seed: DagSeed,
    {mapTable, suits, signal}: {mapTable: MapTable; suits: Suits; signal: AbortSignal},
  ): Promise<MappedTable | null> {
    const file = {seed, interval: 1};
    const mapped = await this.#use(file, async (handle) => {
      await checkHead(handle, file);
      let table: MappedTable;
      try {
        table = mapTable({fd: handle.fd, offset: DAG_FILE_HEAD_BYTES, entries: seed.entries});
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error;
        this.warn(`${this.#place(file)}: ${error.message}; a copy is used`);
        return null;
      }
      return (await checkMapped(table, {handle, file, suits, signal})) ? table : null;
    });
    signal.throwIfAborted();
    return mapped;
  }

  /** What `read` gives, or null when there is no file or it is not good. */
  async #use<T>(file: DagFile, read: (handle: FileHandle) => Promise<T>): Promise<T | null> {
    const place = this.#place(file);
    let handle: FileHandle;
    try {
      handle = await open(place, "r");
    } catch {
      return null;
    }
    try {
      return await read(handle);
    } catch (error) {
      this.warn(`${place}: ${(error as Error).message}; it is built again`);
      if (error instanceof DecodeError) await rm(place, {force: true});
      return null;
    } finally {
      await handle.close();
    }
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

/** Fills `into` with the file's entries. @throws DecodeError DAG_FILE_INVALID */
async function readFile(handle: FileHandle, file: DagFile, into: Uint8Array): Promise<void> {
  const hash = createHash("sha256").update(await checkHead(handle, file));
  for (let at = 0; at < into.length; at += PIECE_BYTES) {
    const piece = into.subarray(at, at + PIECE_BYTES);
    await readWhole(handle, piece, DAG_FILE_HEAD_BYTES + at);
    hash.update(piece);
  }
  await checkSum(handle, file, plain(hash.digest()));
}

/** True when what is mapped is what the checksum is of; false when `suits` said no. @throws DecodeError DAG_FILE_INVALID */
async function checkMapped(
  table: MappedTable,
  {handle, file, suits, signal}: {handle: FileHandle; file: DagFile; suits: Suits; signal: AbortSignal},
): Promise<boolean> {
  const hash = createHash("sha256").update(dagFileHead.encode({...file.seed, interval: 1}));
  const bytes = table.entries * ENTRY_BYTES;
  const piece = new Uint8Array(Math.min(MAPPED_PIECE_BYTES, bytes));
  for (let at = 0; at < bytes && !signal.aborted; at += piece.length) {
    const part = piece.subarray(0, bytes - at);
    table.read(at, part);
    hash.update(part);
    if ((at === TRIED_BYTES || at + part.length === bytes) && !suits(table, at + part.length)) return false;
    // Whatever else this thread has to do comes first.
    await nextTurn();
  }
  if (signal.aborted) return false;
  await checkSum(handle, file, plain(hash.digest()));
  return true;
}

/** The head. @throws DecodeError DAG_FILE_INVALID when it, or the size, is another one than the file's should be */
async function checkHead(handle: FileHandle, {seed, interval}: DagFile): Promise<Uint8Array> {
  const {size} = await handle.stat();
  const wanted = dagFileBytes({...seed, interval});
  if (size !== wanted) throw invalid(`${size} bytes instead of ${wanted}`);
  const head = new Uint8Array(DAG_FILE_HEAD_BYTES);
  await readWhole(handle, head, 0);
  if (!equalBytes(head, dagFileHead.encode({...seed, interval}))) throw invalid("another table's head");
  return head;
}

/** @throws DecodeError DAG_FILE_INVALID */
async function checkSum(handle: FileHandle, {seed, interval}: DagFile, digest: Uint8Array): Promise<void> {
  const checksum = new Uint8Array(DAG_FILE_CHECKSUM_BYTES);
  await readWhole(handle, checksum, dagFileBytes({...seed, interval}) - DAG_FILE_CHECKSUM_BYTES);
  if (!equalBytes(checksum, digest)) throw invalid("the checksum does not match");
}

async function readWhole(handle: FileHandle, into: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const {bytesRead} = await handle.read(into, done, into.length - done, position + done);
    if (bytesRead === 0) throw invalid("the file ends early");
    done += bytesRead;
  }
}

const invalid = (what: string): DecodeError => new DecodeError("DAG_FILE_INVALID", what);

async function writeFile(place: string, {seed, interval}: DagFile, entries: Uint8Array): Promise<void> {
  const handle = await open(place, "wx", 0o600);
  try {
    const hash = createHash("sha256");
    const write = async (piece: Uint8Array): Promise<void> => {
      hash.update(piece);
      await writeWhole(handle, piece);
    };
    await write(dagFileHead.encode({...seed, interval}));
    // Each write ends where a large page does: around other seams the system would keep the file in small ones.
    for (let at = 0, end = PIECE_BYTES - DAG_FILE_HEAD_BYTES; at < entries.length; at = end, end += PIECE_BYTES)
      await write(entries.subarray(at, end));
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
