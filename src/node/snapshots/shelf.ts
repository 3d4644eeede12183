/** The snapshots of a data directory: each in a directory that is named by its height. */
import {readdir, rename, rm} from "node:fs/promises";
import path from "node:path";
import {QsdmError} from "../../errors.js";
import {SnapshotFiles} from "./files.js";

/** Heights as directories are named: no leading zeros, no sign. */
const HEIGHT = /^[1-9][0-9]{0,18}$/;

export const placeOf = (shelf: string, height: bigint): string => path.join(shelf, String(height));

/** Heights of which there is a whole snapshot, ascending; none where there is no such directory. */
export async function heightsOn(shelf: string): Promise<readonly bigint[]> {
  const names = await readdir(shelf).catch(() => [] as string[]);
  return names
    .filter((name) => HEIGHT.test(name))
    .map(BigInt)
    .sort((a, b) => (a < b ? -1 : 1));
}

/** Those whose manifests can be read, ascending. @param unreadable told of each other one */
export async function openShelf(
  shelf: string,
  unreadable: (height: bigint, error: QsdmError) => void,
): Promise<readonly SnapshotFiles[]> {
  const opened: SnapshotFiles[] = [];
  for (const height of await heightsOn(shelf))
    try {
      opened.push(await SnapshotFiles.open(placeOf(shelf, height)));
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      unreadable(height, error);
    }
  return opened;
}

/** Removes the oldest until `kept` are left. @returns heights that are gone */
export async function trimShelf(shelf: string, kept: number): Promise<readonly bigint[]> {
  const heights = await heightsOn(shelf);
  const gone = heights.slice(0, Math.max(0, heights.length - kept));
  for (const height of gone) {
    // Half of one must not be taken for a whole: it goes the way of those that were never finished.
    const doomed = `${placeOf(shelf, height)}.part`;
    await rename(placeOf(shelf, height), doomed);
    await rm(doomed, {recursive: true, force: true});
  }
  return gone;
}
