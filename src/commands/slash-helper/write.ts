/** What the makers of evidence share: their flags, where the bytes go, and how to submit them. */
import type {Command} from "commander";
import {hexOf} from "../../codecs/bytes.js";
import type {Io} from "../io.js";
import {shellWord} from "../shell-word.js";

export interface EvidenceFlags {
  readonly memo: string;
  readonly out: string;
  readonly nodeId: string;
  readonly printCmd: boolean;
  readonly force: boolean;
  readonly node?: string;
}

export const addEvidenceFlags = (command: Command): Command =>
  command
    .option("--memo <text>", "note kept with the evidence, at most 256 bytes", "")
    .option("--out <path>", "file for the evidence; - is standard output", "-")
    .option("--node-id <id>", "refuse proofs of any other node", "")
    .option("--node <url>", "ask this node as well whether there is a bond to take (default: work offline)")
    .option("--print-cmd", "print the command that submits the evidence", false)
    .option("--force", "replace an existing file", false);

/** The evidence to --out; under --json its hex as well. @throws UsageError BINARY_TO_TERMINAL, FILE_EXISTS */
export async function writeEvidence(
  io: Io,
  {out, force}: Pick<EvidenceFlags, "out" | "force">,
  {evidence, summary}: {readonly evidence: Uint8Array; readonly summary: Readonly<Record<string, unknown>>},
): Promise<void> {
  const data = {...summary, size_bytes: evidence.length};
  if (out === "-") return io.bytes(evidence, {...data, evidence_hex: hexOf(evidence)});
  await io.writeFile(out, evidence, {force, secret: true});
  io.result({...data, path: out}, out);
}

/** The line that submits evidence, ready for a shell. The amount is the most that one offence can cost. */
export function slashCommandLine({
  kind,
  nodeId,
  out,
  memo,
}: {kind: string} & Pick<EvidenceFlags, "nodeId" | "out" | "memo">) {
  const words = ["qsdm", "slash", "--node-id", nodeId, "--evidence-kind", kind];
  words.push("--evidence-file", out === "-" ? "EVIDENCE_FILE" : out, "--amount", "1000000000");
  if (memo !== "") words.push("--memo", memo);
  return words.map(shellWord).join(" ");
}
