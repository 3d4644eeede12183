import type {Command} from "commander";
import {hexOf} from "../../codecs/bytes.js";
import {sha256} from "../../codecs/hash.js";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import {choiceFlag} from "../flags.js";
import type {Io} from "../io.js";
import type {TextField} from "../output.js";
import {ENCODINGS, type Encoding, identify, KINDS, UNMARKED_KINDS} from "./identify.js";

/** Largest file that is looked at. */
const MAX_BYTES = 32 * 1024 * 1024;
/** Longer byte strings are shown by size and digest. */
const SHOWN_BYTES = 64;

/** Bytes as text that a person can read and compare. */
export function shown(value: unknown): unknown {
  if (value instanceof Uint8Array)
    return value.length <= SHOWN_BYTES ? hexOf(value) : `${value.length} bytes, sha256 ${hexOf(sha256(value))}`;
  if (Array.isArray(value)) return value.map(shown);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shown(member)]));
}

/** Leaves of a document as path and value. */
export function leavesOf(value: unknown, path: string): TextField[][] {
  if (value === null || typeof value !== "object") return [[path, value as TextField]];
  const dot = path === "" ? "" : ".";
  return Object.entries(value).flatMap(([name, member]) => leavesOf(member, `${path}${dot}${name}`));
}

interface Flags {
  readonly kind?: string;
  readonly from?: Encoding;
}

export const inspectCommand = (io: Io): Command =>
  defineCommand("inspect", {
    summary: "tell what a file is, and print its fields",
    description:
      "Reads any canonical bytes of the ledger or of QSDM's chain and prints what they are, their size, whether their " +
      "form is canonical, and how the file spells them, then a record of path and value for each field: transactions, " +
      "blocks, headers, certificates, votes, proposals, timeouts, batches, finality and state proofs, evidence of equivocation, genesis, receipts, proofs, " +
      "payloads, evidence, attestation bundles, envelopes of QSDM, keystores. Messages and signed bytes of QBIND's " +
      "nodes are told too, with the digests that go by them, though no node here speaks them. Bytes may be spelled as " +
      "hex or base64. Byte strings above 64 bytes are shown by size and digest. Works offline, checks no signature, and " +
      `shows no secret.\n\nSome forms do not say what they are, and are read only when --kind names them: ${UNMARKED_KINDS.join(", ")}.`,
    examples: [
      {does: "what is this?", run: "qsdm inspect mystery.bin"},
      {does: "the id of a genesis", run: "qsdm inspect genesis.cbor --json | jq -r .data.fields.genesis_id"},
      {does: "a vote of QBIND, out of a log", run: 'echo "$hex" | qsdm inspect - --kind "QBIND vote"'},
    ],
    exit: {3: "The bytes have no form that this program knows, or not the one that --kind names."},
    seeAlso: ["slash-helper inspect", "block", "receipt"],
  })
    .argument("<file>", "the file; - reads standard input")
    .option(
      "--kind <kind>",
      "read them as this kind and say why when they are not (default: the one they have)",
      choiceFlag(KINDS),
    )
    .option(
      "--from <encoding>",
      `what the file holds: ${ENCODINGS.join(", ")} (default: what fits)`,
      choiceFlag(ENCODINGS),
    )
    .action(async (path: string, {kind, from}: Flags) => {
      const file = await io.readFile(path, {flag: "<file>", maxBytes: MAX_BYTES});
      const found = identify(file, {kind, encoding: from});
      const {sizeBytes, canonical, encoding} = found;
      const data = documentOf(shown(found.fields));
      io.result({kind: found.kind, size_bytes: sizeBytes, canonical, encoding, fields: data}, [
        [found.kind, sizeBytes, canonical, encoding],
        ...leavesOf(data, ""),
      ]);
    });
