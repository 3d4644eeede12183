/** Which seeds were run on what, so that a long campaign goes on where the last slice ended. */
import {appendFileSync, existsSync, mkdirSync, readFileSync} from "node:fs";
import path from "node:path";

export interface Slice {
  /** Commit of the code that ran. */
  readonly commit: string;
  readonly crypto: "fake" | "real";
  readonly from: number;
  readonly to: number;
  readonly simulatedMs: number;
  readonly failed: readonly number[];
}

/** One line for each slice, oldest first; none where there is no file yet. */
export const readSlices = (file: string): readonly Slice[] =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Slice)
    : [];

export function appendSlice(file: string, slice: Slice): void {
  mkdirSync(path.dirname(file), {recursive: true});
  appendFileSync(file, `${JSON.stringify(slice)}\n`);
}

/** First seed that no slice holds, in any version. */
export const nextSeed = (slices: readonly Slice[]): number => slices.reduce((most, {to}) => Math.max(most, to), 0) + 1;
