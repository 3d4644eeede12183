import type {Command} from "commander";
import {hexOf} from "../codecs/bytes.js";
import {sha256} from "../codecs/hash.js";
import {defineCommand} from "./define.js";
import {documentOf} from "./document.js";
import {identify} from "./inspect-kinds.js";
import type {Io} from "./io.js";
import type {TextField} from "./output.js";

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
function leavesOf(value: unknown, path: string): TextField[][] {
  if (value === null || typeof value !== "object") return [[path, value as TextField]];
  const dot = path === "" ? "" : ".";
  return Object.entries(value).flatMap(([name, member]) => leavesOf(member, `${path}${dot}${name}`));
}

export const inspectCommand = (io: Io): Command =>
  defineCommand("inspect", {
    summary: "tell what a file is, and print its fields",
    description:
      "Reads any canonical bytes of the ledger or of QSDM's chain and prints what they are, their size and whether their " +
      "form is canonical, then a record of path and value for each field: transactions, blocks, headers, certificates, " +
      "finality proofs, genesis, receipts, proofs, payloads, evidence, attestation bundles, envelopes of QSDM, " +
      "keystores. Byte strings above 64 bytes are shown by size and digest. Works offline, checks no signature, and shows no secret.",
    examples: [
      {does: "what is this?", run: "qsdm inspect mystery.bin"},
      {does: "the id of a genesis", run: "qsdm inspect genesis.cbor --json | jq -r .data.fields.genesis_id"},
    ],
    exit: {3: "The bytes have no form that this program knows."},
    seeAlso: ["slash-helper inspect", "block", "receipt"],
  })
    .argument("<file>", "the file; - reads standard input")
    .action(async (path: string) => {
      const {kind, sizeBytes, canonical, fields} = identify(
        await io.readFile(path, {flag: "<file>", maxBytes: MAX_BYTES}),
      );
      const data = documentOf(shown(fields));
      io.result({kind, size_bytes: sizeBytes, canonical, fields: data}, [
        [kind, sizeBytes, canonical],
        ...leavesOf(data, ""),
      ]);
    });
