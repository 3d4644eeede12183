/** Recorded lines of the ancestor's block journal. */
import {readFileSync} from "node:fs";

export interface JournalLine {
  readonly line_utf8: string;
  readonly hash: string;
}

const file = JSON.parse(readFileSync(new URL("./block-hash.vectors.json", import.meta.url), "utf8")) as {
  readonly cases: readonly {readonly kind: string; readonly expect: JournalLine}[];
};
export const journal = file.cases.filter(({kind}) => kind === "journal_line").map((each) => each.expect);
