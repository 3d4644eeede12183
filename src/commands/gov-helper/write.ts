/** What the makers of governance payloads share: where the bytes go, and what is said of them. */
import type {Command} from "commander";
import {textOf} from "../../codecs/bytes.js";
import {MAX_ACTIVATION_DELAY_BLOCKS} from "../../codecs/governance/parameters.js";
import {GOVERNANCE_CONTRACT} from "../../codecs/governance/payloads.js";
import {u64Flag} from "../flags.js";
import type {Io} from "../io.js";
import {shellWord} from "../shell-word.js";

export interface PayloadFlags {
  readonly effectiveHeight: bigint;
  readonly memo: string;
  readonly out: string;
  readonly force: boolean;
  readonly printCmd: boolean;
}

export const addPayloadFlags = (command: Command): Command =>
  command
    .requiredOption("--effective-height <height>", "first height that runs under the change", u64Flag)
    .option("--memo <text>", "note kept with the proposal, at most 256 bytes", "")
    .option("--out <path>", "file for the payload; - is standard output", "-")
    .option("--print-cmd", "print the command that makes a transaction of it", false)
    .option("--force", "replace an existing file", false);

/** The payload to --out; a file has it without a new line. @throws UsageError FILE_EXISTS */
export async function writePayload(
  io: Io,
  payload: Uint8Array,
  {
    flags,
    summary,
    voters = "an authority",
  }: {
    readonly flags: PayloadFlags;
    readonly summary: Readonly<Record<string, unknown>>;
    /** Who may vote. */
    readonly voters?: string;
  },
): Promise<void> {
  const {out, force, printCmd} = flags;
  const text = textOf(payload);
  const data = {...summary, size_bytes: payload.length, payload: text};
  if (out === "-") io.result(data, text);
  else {
    await io.writeFile(out, payload, {force, secret: true});
    io.result({...data, path: out}, out);
  }
  io.note(
    `the chain takes it from ${voters}, for a height above that of its block and at most ${MAX_ACTIVATION_DELAY_BLOCKS} ` +
      "blocks ahead; the same payload of another is its vote",
  );
  if (!printCmd) return;
  const file = out === "-" ? "PAYLOAD_FILE" : shellWord(out);
  io.note(`qsdm tx build --terms terms.json --contract ${GOVERNANCE_CONTRACT} --payload-file ${file}`);
}
