/** Files larger than memory: written whole or not at all, and read in parts. */
import {randomBytes} from "node:crypto";
import {createReadStream, existsSync} from "node:fs";
import {open, rename, rm} from "node:fs/promises";
import {dirname} from "node:path";
import {plain} from "../../codecs/bytes.js";
import {UsageError} from "../../errors.js";
import {syncDirectory} from "../../node/durable-directory.js";
import {readFailure, writeFailure} from "../disk.js";

/**
 * Writes `parts` beside the place and moves them there once all are on the disk.
 * @returns bytes written
 * @throws UsageError FILE_EXISTS, FILE_UNWRITABLE; UnavailableError DISK_UNAVAILABLE; what `parts` throws
 */
export async function writeParts(path: string, parts: AsyncIterable<Uint8Array>, replace: boolean): Promise<number> {
  if (!replace && existsSync(path))
    throw new UsageError("FILE_EXISTS", `${path} already exists`, {
      hint: "choose another path, or pass --force to replace it",
    });
  // No file of anybody else, and not that of another export to the same place.
  const draft = `${path}.${randomBytes(6).toString("hex")}.part`;
  let bytes = 0;
  try {
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

/** A file in parts. @throws UsageError FILE_NOT_FOUND, FILE_UNREADABLE; UnavailableError DISK_UNAVAILABLE */
export async function* readParts(path: string): AsyncGenerator<Uint8Array> {
  const stream = createReadStream(path, {highWaterMark: 1024 * 1024});
  try {
    for await (const part of stream) yield plain(part as Buffer);
  } catch (error) {
    throw readFailure(error, path);
  }
}
