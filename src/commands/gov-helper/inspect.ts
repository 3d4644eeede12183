import type {Command} from "commander";
import {utf8} from "../../codecs/bytes.js";
import {readHex} from "../../codecs/go/hex.js";
import {CHAIN_PARAMETERS} from "../../codecs/governance/parameters.js";
import {
  AUTHORITY_SET,
  authoritySet,
  chainParamSet,
  PARAM_SET,
  peekChainKind,
  readAuthoritySet,
  readParamSet,
  readSubmeshRetire,
  SUBMESH_RETIRE,
  submeshRetire,
} from "../../codecs/governance/payloads.js";
import {DecodeError, UsageError} from "../../errors.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";

/** Longest payload that any chain takes, and then some: a longer one is shown to be too long by its chain. */
const PAYLOAD_MAX_BYTES = 64 * 1024;

interface Flags {
  readonly payloadFile?: string;
  readonly payloadHex?: string;
}

const READERS = {
  [PARAM_SET]: {read: readParamSet, codec: chainParamSet},
  [AUTHORITY_SET]: {read: readAuthoritySet, codec: authoritySet},
  [SUBMESH_RETIRE]: {read: readSubmeshRetire, codec: submeshRetire},
} as const;

/** What a payload says, also one that no chain would take. @throws DecodeError GOVERNANCE_INVALID */
export function viewPayload(payload: Uint8Array) {
  const {read, codec} = READERS[peekChainKind(payload)];
  const {effectiveHeight, memo, ...said} = read(payload);
  const why = refusalOf(() => codec.decode(payload));
  const known = CHAIN_PARAMETERS.find(({name}) => "param" in said && name === said.param) ?? null;
  return {
    ...said,
    effective_height: effectiveHeight,
    memo,
    size_bytes: payload.length,
    valid: why === null,
    refusal: why,
    registered: known && {min: known.min, max: known.max, unit: known.unit, description: known.description},
  };
}

function refusalOf(decode: () => unknown): string | null {
  try {
    decode();
    return null;
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}

/** @throws UsageError PAYLOAD_SOURCE; DecodeError HEX_INVALID */
async function readPayload(io: Io, {payloadFile, payloadHex}: Flags): Promise<Uint8Array> {
  if ((payloadFile === undefined) === (payloadHex === undefined))
    throw new UsageError("PAYLOAD_SOURCE", "give one of --payload-file and --payload-hex");
  if (payloadFile !== undefined) return io.readFile(payloadFile, {flag: "--payload-file", maxBytes: PAYLOAD_MAX_BYTES});
  const hex = payloadHex!.trim().replace(/^0x/i, "");
  if (hex === "") throw new DecodeError("HEX_INVALID", "--payload-hex has no digits");
  return readHex(hex);
}

/** A file that an editor or a pipe ended with a new line. */
const withoutNewLine = (bytes: Uint8Array): Uint8Array =>
  bytes.at(-1) === utf8("\n")[0] ? bytes.subarray(0, bytes.length - 1) : bytes;

export const govHelperInspectCommand = (io: Io): Command =>
  defineCommand("gov-helper inspect", {
    summary: "show what a governance payload says",
    description:
      "Reads a payload of qsdm/gov/v1 and prints its fields as records of name and value, its size, and whether a chain of " +
      "ours would take it, with the reason where it would not. Works offline: who may vote and which height is due only a " +
      "node knows.",
    examples: [
      {does: "before you sign", run: "qsdm gov-helper inspect --payload-file vote.json"},
      {
        does: "a payload on its way",
        run: "qsdm gov-helper propose-param --param reward_bps --value 500 --effective-height 9 |\n  qsdm gov-helper inspect --payload-file -",
      },
    ],
    exit: {3: "The bytes are no governance payload."},
    seeAlso: ["gov-helper propose-param", "gov-helper propose-authority", "inspect"],
  })
    .option("--payload-file <path>", "the payload; - reads standard input")
    .option("--payload-hex <hex>", "the payload as hex, 0x in front or not")
    .action(async (flags: Flags) => {
      const view = viewPayload(withoutNewLine(await readPayload(io, flags)));
      const {registered, ...fields} = view;
      io.result(
        view,
        Object.entries(fields).map(([name, value]) => [name, value ?? null]),
      );
    });
