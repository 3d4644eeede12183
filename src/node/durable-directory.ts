/** Names that survive a power cut. Syncing a file keeps its content: the name is kept by the directory that it is in. */
import {closeSync, fsyncSync, mkdirSync, openSync} from "node:fs";
import path from "node:path";

/** What file systems say that keep names without being asked, or cannot be asked. */
const CANNOT = new Set(["EINVAL", "ENOTSUP", "EPERM", "EACCES"]);

/** Waits until the names in a directory are on the disk. @throws the error of the file system when they may not be */
export function syncDirectory(directory: string): void {
  // Windows opens no directories, and writes their entries through.
  if (process.platform === "win32") return;
  let handle: number | undefined;
  try {
    handle = openSync(directory, "r");
    fsyncSync(handle);
  } catch (error) {
    if (!CANNOT.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** Makes a directory of its owner's with those above it that are missing, and waits until their names are on the disk. */
export function makeDirectory(directory: string): void {
  const first = mkdirSync(directory, {recursive: true, mode: 0o700});
  if (first === undefined) return;
  const top = path.dirname(first);
  for (let at = path.dirname(path.resolve(directory)); ; at = path.dirname(at)) {
    syncDirectory(at);
    if (at === top || at === path.dirname(at)) return;
  }
}
