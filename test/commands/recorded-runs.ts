/** Recorded runs of QSDM's own client, for tests that start from what it reads and writes. */
import {readFileSync} from "node:fs";

export interface RecordedRun {
  readonly name: string;
  readonly input: {readonly files: Readonly<Record<string, string>>};
  readonly expected: {readonly stdout: string};
}

const file = JSON.parse(readFileSync(new URL("./qsdmcli.vectors.json", import.meta.url), "utf8")) as {
  readonly cases: readonly RecordedRun[];
};
export const recordedRuns = file.cases;
