/** Files as commands see them: whole, bounded, and with the reason in words when they cannot be had. */
import {randomBytes} from "node:crypto";
import {type FileHandle, mkdir, open, rename, rm} from "node:fs/promises";
import {dirname} from "node:path";
import {plain} from "../codecs/bytes.js";
import {DecodeError, type QsdmError, UnavailableError, UsageError} from "../errors.js";

export interface WriteOptions {
  /** Permission bits of the new file. */
  readonly mode: number;
  /** Whether an existing file may be replaced; the swap is atomic. */
  readonly replace: boolean;
}

export interface Disk {
  /**
   * The whole file, or all that an open descriptor still gives.
   * @throws UsageError FILE_NOT_FOUND, FILE_UNREADABLE; DecodeError INPUT_TOO_LARGE; UnavailableError DISK_UNAVAILABLE
   */
  read(path: string | number, maxBytes: number): Promise<Uint8Array>;
  /**
   * Writes a whole file and waits until it is on the disk. Missing parent directories are made, mode 0700.
   * @throws UsageError FILE_EXISTS, FILE_UNWRITABLE; UnavailableError DISK_UNAVAILABLE
   */
  write(path: string, bytes: Uint8Array, options: WriteOptions): Promise<void>;
  exists(path: string): Promise<boolean>;
}

const CHUNK_BYTES = 64 * 1024;

/** The real disk. */
export const disk: Disk = {
  async read(path, maxBytes) {
    try {
      if (typeof path === "number") return await readDescriptor(path, maxBytes);
      const file = await open(path, "r");
      try {
        return await readAll(file, maxBytes, path);
      } finally {
        await file.close();
      }
    } catch (error) {
      throw readFailure(error, String(path));
    }
  },
  async write(path, bytes, options) {
    try {
      await mkdir(dirname(path), {recursive: true, mode: 0o700});
      if (options.replace) await replaceFile(path, bytes, options.mode);
      else await createFile(path, bytes, options.mode);
      await syncDirectory(dirname(path));
    } catch (error) {
      throw writeFailure(error, path);
    }
  },
  async exists(path) {
    try {
      await (await open(path, "r")).close();
      return true;
    } catch (error) {
      return errnoOf(error) !== "ENOENT";
    }
  },
};

/** The error that says that `name` holds more than a reader takes. */
export const tooLarge = (name: string, maxBytes: number): DecodeError =>
  new DecodeError("INPUT_TOO_LARGE", `${name} is larger than ${maxBytes} bytes`, {
    hint: "check that this is the file you meant",
  });

async function readAll(file: FileHandle, maxBytes: number, name: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let total = 0; ; ) {
    const {bytesRead, buffer} = await file.read(new Uint8Array(CHUNK_BYTES), 0, CHUNK_BYTES, null);
    if (bytesRead === 0) return plain(Buffer.concat(parts));
    total += bytesRead;
    if (total > maxBytes) throw tooLarge(name, maxBytes);
    parts.push(buffer.subarray(0, bytesRead));
  }
}

async function readDescriptor(descriptor: number, maxBytes: number): Promise<Uint8Array> {
  // The promise API cannot adopt a descriptor, and a stream reads pipes and files alike.
  const {createReadStream} = await import("node:fs");
  const parts: Uint8Array[] = [];
  let total = 0;
  for await (const part of createReadStream("", {fd: descriptor})) {
    total += (part as Uint8Array).length;
    if (total > maxBytes) throw tooLarge(`descriptor ${descriptor}`, maxBytes);
    parts.push(part as Uint8Array);
  }
  return plain(Buffer.concat(parts));
}

async function createFile(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    await rm(path, {force: true});
    throw error;
  } finally {
    await file.close();
  }
}

async function replaceFile(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  await createFile(draft, bytes, mode);
  try {
    await rename(draft, path);
  } catch (error) {
    await rm(draft, {force: true});
    throw error;
  }
}

/** Makes a new name survive a power cut. Systems that cannot sync a directory do it with the file. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r").catch(() => undefined);
  await directory?.sync().catch(() => undefined);
  await directory?.close();
}

const errnoOf = (error: unknown): string => String((error as NodeJS.ErrnoException | null)?.code ?? "");
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message.replace(/^[A-Z]+: /, "") : "");

const DISK_TROUBLE = new Set(["ENOSPC", "EDQUOT", "EIO", "EROFS", "EMFILE", "ENFILE", "EBUSY"]);

function readFailure(error: unknown, path: string): unknown {
  const errno = errnoOf(error);
  if (DISK_TROUBLE.has(errno)) return unavailable(error, path);
  if (errno === "ENOENT")
    return new UsageError("FILE_NOT_FOUND", `${path} does not exist`, {hint: "check the path", cause: error});
  if (isErrno(errno))
    return new UsageError("FILE_UNREADABLE", `cannot read ${path}: ${reasonOf(error)}`, {
      hint: "check that it is a file and that you may read it",
      cause: error,
    });
  return error;
}

function writeFailure(error: unknown, path: string): unknown {
  const errno = errnoOf(error);
  if (DISK_TROUBLE.has(errno)) return unavailable(error, path);
  if (errno === "EEXIST")
    return new UsageError("FILE_EXISTS", `${path} already exists`, {
      hint: "choose another path, or pass --force to replace it",
      cause: error,
    });
  if (isErrno(errno))
    return new UsageError("FILE_UNWRITABLE", `cannot write ${path}: ${reasonOf(error)}`, {
      hint: "check the path and its permissions",
      cause: error,
    });
  return error;
}

const isErrno = (code: string): boolean => /^E[A-Z0-9]+$/.test(code) && !code.startsWith("ERR_");

const unavailable = (error: unknown, path: string): QsdmError =>
  new UnavailableError("DISK_UNAVAILABLE", `${path}: ${reasonOf(error)}`, {
    hint: "free space or repair the disk, then run the command again",
    cause: error,
  });
