/** Files larger than memory: written whole or not at all, and read in parts. */
import {createHash, randomBytes} from "node:crypto";
import {createReadStream, existsSync} from "node:fs";
import {open, readdir, rename, rm, unlink} from "node:fs/promises";
import {hostname} from "node:os";
import {basename, dirname, join} from "node:path";
import {plain} from "../../codecs/bytes.js";
import {UsageError} from "../../errors.js";
import {syncDirectory} from "../../node/durable-directory.js";
import {readFailure, writeFailure} from "../disk.js";

/**
 * Writes `parts` beside the place and moves them there once all are on the disk. What a writer left there that was killed is
 * removed.
 * @returns bytes written
 * @throws UsageError FILE_EXISTS, FILE_UNWRITABLE; UnavailableError DISK_UNAVAILABLE; what `parts` throws
 */
export async function writeParts(path: string, parts: AsyncIterable<Uint8Array>, replace: boolean): Promise<number> {
  if (!replace && existsSync(path))
    throw new UsageError("FILE_EXISTS", `${path} already exists`, {
      hint: "choose another path, or pass --force to replace it",
    });
  const draft = draftOf(path);
  let bytes = 0;
  try {
    await clearLeft(path);
    const file = await open(draft, "wx", 0o644);
    try {
      for await (const part of parts) {
        await file.writeFile(part);
        bytes += part.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
    syncDirectory(dirname(path));
    return bytes;
  } catch (error) {
    await rm(draft, {force: true});
    throw writeFailure(error, path);
  }
}

/** This machine, among those that may have one folder: numbers of processes are its own. */
const machine = (): string => createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

/** No file of anybody else, and not that of another writer to the same place. */
const draftOf = (path: string): string => `${path}.${machine()}-${process.pid}.${randomBytes(6).toString("hex")}.part`;

/** Removes what writers to this place left that were killed, as far as this user may: it is no reason not to write. */
async function clearLeft(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(`${basename(path)}.`)) continue;
    const [, of, pid] =
      /^\.([0-9a-f]{8})-([0-9]{1,10})\.[0-9a-f]{12}\.part$/.exec(name.slice(basename(path).length)) ?? [];
    if (of === machine() && !isRunning(Number(pid))) await unlink(join(folder, name)).catch(() => undefined);
  }
}

/** Whether there is a process of that number, whoever's. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** A file in parts. @throws UsageError FILE_NOT_FOUND, FILE_UNREADABLE; UnavailableError DISK_UNAVAILABLE */
export async function* readParts(path: string): AsyncGenerator<Uint8Array> {
  const stream = createReadStream(path, {highWaterMark: 1024 * 1024});
  try {
    for await (const part of stream) yield plain(part as Buffer);
  } catch (error) {
    throw readFailure(error, path);
  }
}
