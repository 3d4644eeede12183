/** Two proofs of one height and the evidence that the reference made of them. */
import {writeFileSync} from "node:fs";
import {join} from "node:path";
import vectors from "./evidence.vectors.json" with {type: "json"};
import {scratch} from "./qsdm.js";

const [recorded] = vectors.cases;

export const PROOFS = recorded!.files as Readonly<Record<"a.json" | "b.json", string>>;
export const EVIDENCE = recorded!.stdout;
/** The command that makes it, in a folder of `withProofs`. */
export const BUILD = "slash-helper double-mining --proof-a a.json --proof-b b.json";

/** A folder with the two proofs in it. */
export function withProofs(): string {
  const cwd = scratch();
  for (const [name, text] of Object.entries(PROOFS)) writeFileSync(join(cwd, name), text);
  return cwd;
}
