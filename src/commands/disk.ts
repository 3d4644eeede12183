/** Files as commands see them: whole, bounded, and with the reason in words when they cannot be had. */
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import {dirname} from "node:path";
import {hexOf, plain} from "../codecs/bytes.js";
import {DecodeError, type QsdmError, UnavailableError, UsageError} from "../errors.js";
import {makeDirectory, syncDirectory} from "../node/durable-directory.js";

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
  /** Writes to an open descriptor. @throws UsageError FILE_UNWRITABLE; UnavailableError DISK_UNAVAILABLE */
  writeTo(descriptor: number, bytes: Uint8Array): Promise<void>;
  exists(path: string): Promise<boolean>;
}

/**
 * The real disk. Files are small and commands short, so plain files are read and written in the calling thread: the
 * promise API takes 2 ms to load.
 */
export const disk: Disk = {
  async read(path, maxBytes) {
    try {
      if (typeof path === "number") return await readStream("", {fd: path}, maxBytes);
      const stat = statSync(path);
      // A pipe must not block the thread that waits for Ctrl-C.
      if (!stat.isFile()) return await readStream(path, {}, maxBytes);
      if (stat.size > maxBytes) throw tooLarge(path, maxBytes);
      return plain(readFileSync(path));
    } catch (error) {
      throw readFailure(error, String(path));
    }
  },
  async write(path, bytes, {mode, replace}) {
    try {
      makeDirectory(dirname(path));
      if (replace) replaceFile(path, bytes, mode);
      else createFile(path, bytes, mode);
      syncDirectory(dirname(path));
    } catch (error) {
      throw writeFailure(error, path);
    }
  },
  async writeTo(descriptor, bytes) {
    try {
      writeFileSync(descriptor, bytes);
    } catch (error) {
      throw writeFailure(error, `descriptor ${descriptor}`);
    }
  },
  async exists(path) {
    return existsSync(path);
  },
};

/** The error that says that `name` holds more than a reader takes. */
export const tooLarge = (name: string, maxBytes: number): DecodeError =>
  new DecodeError("INPUT_TOO_LARGE", `${name} is larger than ${maxBytes} bytes`, {
    hint: "check that this is the file you meant",
  });

async function readStream(path: string, options: {readonly fd?: number}, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let total = 0;
  for await (const part of createReadStream(path, options)) {
    total += (part as Uint8Array).length;
    if (total > maxBytes) throw tooLarge(path || `descriptor ${options.fd}`, maxBytes);
    parts.push(part as Uint8Array);
  }
  return plain(Buffer.concat(parts));
}

function createFile(path: string, bytes: Uint8Array, mode: number): void {
  const file = openSync(path, "wx", mode);
  try {
    writeFileSync(file, bytes);
    fsyncSync(file);
  } catch (error) {
    rmSync(path, {force: true});
    throw error;
  } finally {
    closeSync(file);
  }
}

function replaceFile(path: string, bytes: Uint8Array, mode: number): void {
  const draft = `${path}.${hexOf(globalThis.crypto.getRandomValues(new Uint8Array(6)))}.tmp`;
  createFile(draft, bytes, mode);
  try {
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, {force: true});
    throw error;
  }
}

const errnoOf = (error: unknown): string => String((error as NodeJS.ErrnoException | null)?.code ?? "");
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message.replace(/^[A-Z]+: /, "") : "");

const DISK_TROUBLE = new Set(["ENOSPC", "EDQUOT", "EIO", "EROFS", "EMFILE", "ENFILE", "EBUSY"]);

/** What a failed read means to whoever named the file. */
export function readFailure(error: unknown, path: string): unknown {
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

/** What a failed write means to whoever named the file. */
export function writeFailure(error: unknown, path: string): unknown {
  const errno = errnoOf(error);
  if (DISK_TROUBLE.has(errno)) return unavailable(error, path);
  // mkdir says the same of a file that stands where a folder belongs.
  if (errno === "EEXIST" && (error as NodeJS.ErrnoException).syscall === "open")
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
