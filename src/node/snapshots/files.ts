/**
 * A snapshot as a directory: `manifest`, `proof`, and a file for each chunk. Chunks are compressed as RFC 1950 says: Node has
 * it everywhere, stops at a length that it is given, and works on the thread pool.
 */
import {createReadStream} from "node:fs";
import {link, open, readdir, readFile, rename, rm, stat} from "node:fs/promises";
import path from "node:path";
import {promisify} from "node:util";
import {deflate, inflate} from "node:zlib";
import {hexOf, plain} from "../../codecs/bytes.js";
import {framesIn} from "../../codecs/chain/chain-file.js";
import {
  CHUNK_MAX_BYTES,
  type ChunkName,
  decodeManifest,
  MANIFEST_MAX_BYTES,
  type SnapshotManifest,
  snapshotRootOf,
} from "../../codecs/chain/snapshot.js";
import {DecodeError, UnavailableError} from "../../errors.js";
import {makeDirectory, syncDirectory} from "../durable-directory.js";

export const MANIFEST = "manifest";
export const PROOF = "proof";
/** What a chunk that does not compress grows by, with room to spare. */
const OVERHEAD_BYTES = 64 * 1024;
/** Longest chunk as a file, and as it travels. */
export const PACKED_MAX_BYTES = CHUNK_MAX_BYTES + OVERHEAD_BYTES;

const pack = promisify<Uint8Array, Buffer>(deflate);
const unpack = promisify(inflate) as (bytes: Uint8Array, how: {maxOutputLength: number}) => Promise<Buffer>;

/** A chunk as it is kept. */
export const packChunk = async (chunk: Uint8Array): Promise<Uint8Array> => plain(await pack(chunk));

/** @throws DecodeError SNAPSHOT_CHUNK_INVALID where it is not compressed, or longer than any chunk */
export async function unpackChunk(packed: Uint8Array): Promise<Uint8Array> {
  const chunk = await unpack(packed, {maxOutputLength: CHUNK_MAX_BYTES}).catch((cause) => {
    throw new DecodeError("SNAPSHOT_CHUNK_INVALID", "a chunk cannot be uncompressed", {
      hint: "copy the snapshot again, or get it from another node",
      cause,
    });
  });
  return plain(chunk);
}

/** Name of a chunk's file. */
export function fileOf(manifest: SnapshotManifest, {kind, index}: ChunkName): string {
  if (kind === "block" || kind === "batches") return kind;
  if (kind === "headers") return `headers-${index}`;
  const {depth, prefix} = manifest.state[index]!;
  return `state-${depth}-${hexOf(prefix)}`;
}

/** A snapshot that lies in a directory; nothing of it is believed. */
export class SnapshotFiles {
  private constructor(
    readonly directory: string,
    readonly manifest: SnapshotManifest,
    /** Names the snapshot. */
    readonly root: string,
  ) {}

  /** @throws UnavailableError SNAPSHOT_MISSING, SNAPSHOT_UNREADABLE; DecodeError as `decodeManifest` says */
  static async open(directory: string): Promise<SnapshotFiles> {
    const bytes = await readBounded(path.join(directory, MANIFEST), MANIFEST_MAX_BYTES);
    return new SnapshotFiles(directory, decodeManifest(bytes), snapshotRootOf(bytes));
  }

  /** @throws UnavailableError SNAPSHOT_MISSING, SNAPSHOT_UNREADABLE; DecodeError SNAPSHOT_CHUNK_INVALID */
  async chunk(name: ChunkName): Promise<Uint8Array> {
    return unpackChunk(await this.packed(name));
  }

  /** A chunk as its file has it. @throws UnavailableError SNAPSHOT_MISSING, SNAPSHOT_UNREADABLE */
  packed(name: ChunkName): Promise<Uint8Array> {
    return readBounded(path.join(this.directory, fileOf(this.manifest, name)), PACKED_MAX_BYTES);
  }

  manifestBytes(): Promise<Uint8Array> {
    return readBounded(path.join(this.directory, MANIFEST), MANIFEST_MAX_BYTES);
  }

  get proofPath(): string {
    return path.join(this.directory, PROOF);
  }

  /** Records of the proof. @throws UnavailableError SNAPSHOT_MISSING; DecodeError CHAIN_FILE_INVALID, CHAIN_FILE_CUT */
  async *proof(): AsyncGenerator<Uint8Array> {
    try {
      yield* framesIn(partsOf(this.proofPath));
    } catch (error) {
      throw explain(error, this.proofPath);
    }
  }

  /** What it takes on the disk. */
  async sizeBytes(): Promise<number> {
    let bytes = 0;
    for (const name of await readdir(this.directory)) bytes += (await stat(path.join(this.directory, name))).size;
    return bytes;
  }
}

async function* partsOf(file: string): AsyncGenerator<Uint8Array> {
  for await (const part of createReadStream(file)) yield plain(part as Buffer);
}

async function readBounded(file: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const {size} = await stat(file);
    if (size > maxBytes) throw new DecodeError("SNAPSHOT_INVALID", `${file} has ${size} bytes, at most ${maxBytes}`);
    return plain(await readFile(file));
  } catch (error) {
    throw explain(error, file);
  }
}

function explain(error: unknown, file: string): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "ENOENT" || code === "ENOTDIR")
    return new UnavailableError("SNAPSHOT_MISSING", `${file} is not there`, {
      hint: "qsdm snapshot list shows the snapshots of a data directory",
      cause: error,
    });
  if (!/^E[A-Z0-9]+$/.test(code)) return error;
  return new UnavailableError("SNAPSHOT_UNREADABLE", `cannot read ${file}: ${code}`, {cause: error});
}

/** A snapshot that is being written, in a directory that is moved to its place when it is whole. */
export class SnapshotDraft {
  private constructor(
    readonly directory: string,
    private readonly place: string,
  ) {}

  /**
   * Begins one, without what an earlier try left.
   * @throws UnavailableError SNAPSHOT_WRITE_FAILED
   */
  static begin(place: string): Promise<SnapshotDraft> {
    const directory = `${place}.part`;
    return written(directory, async () => {
      await rm(directory, {recursive: true, force: true});
      makeDirectory(directory);
      return new SnapshotDraft(directory, place);
    });
  }

  /** Puts a chunk on the disk, compressed. @throws UnavailableError SNAPSHOT_WRITE_FAILED */
  async chunk(name: string, chunk: Uint8Array): Promise<void> {
    await this.#write(name, [await packChunk(chunk)]);
  }

  /** Takes a chunk from a snapshot that has the same one. @returns whether it has it */
  async share(name: string, from: string): Promise<boolean> {
    return link(path.join(from, name), path.join(this.directory, name)).then(
      () => true,
      () => false,
    );
  }

  proof(frames: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
    return this.#write(PROOF, frames);
  }

  /** Ends it: from here on the snapshot is there. @throws UnavailableError SNAPSHOT_WRITE_FAILED */
  async finish(manifest: Uint8Array): Promise<void> {
    await this.#write(MANIFEST, [manifest]);
    await moveTo(this.place, this.directory);
  }

  /** Gives it up. */
  drop(): Promise<void> {
    return rm(this.directory, {recursive: true, force: true});
  }

  #write(name: string, parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
    const file = path.join(this.directory, name);
    return written(file, () => writeParts(file, parts));
  }
}

/** Puts a file on the disk whole or not at all. @throws UnavailableError SNAPSHOT_WRITE_FAILED */
export function writeWhole(file: string, parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
  const draft = `${file}.new`;
  return written(file, async () => {
    await writeParts(draft, parts);
    await rename(draft, file);
  });
}

/**
 * The same while `check` reads what goes into the file, so that no more of it comes than holds.
 * @throws UnavailableError SNAPSHOT_WRITE_FAILED; as `check`, and nothing is left then
 */
export function writeChecked(
  file: string,
  parts: AsyncIterable<Uint8Array>,
  check: (parts: AsyncIterable<Uint8Array>) => Promise<unknown>,
): Promise<void> {
  const draft = `${file}.new`;
  return written(file, async () => {
    const handle = await open(draft, "w");
    async function* kept(): AsyncGenerator<Uint8Array> {
      for await (const part of parts) {
        await handle.writeFile(part);
        yield part;
      }
    }
    try {
      await check(kept());
      await handle.sync();
    } catch (error) {
      await rm(draft, {force: true});
      throw error;
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  });
}

async function writeParts(file: string, parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await open(file, "w");
  try {
    for await (const part of parts) await handle.writeFile(part);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Moves a snapshot to its place, where it then is whole. @throws UnavailableError SNAPSHOT_WRITE_FAILED */
export const moveTo = (place: string, directory: string): Promise<void> =>
  written(place, async () => {
    syncDirectory(directory);
    await rename(directory, place);
    syncDirectory(path.dirname(place));
  });

/** Says what keeps a file from being written. @throws UnavailableError SNAPSHOT_WRITE_FAILED; whatever else `write` throws */
export async function written<T>(file: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (!/^E[A-Z0-9]+$/.test(code) || code.startsWith("ERR_")) throw error;
    throw new UnavailableError("SNAPSHOT_WRITE_FAILED", `cannot write ${file}: ${code}`, {
      hint: "free space or repair the disk of the snapshots",
      cause: error,
    });
  }
}
