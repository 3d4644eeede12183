/** Transactions as files: canonical bytes, or the same as hex for whoever has to type, print or paste them. */
import type {Command} from "commander";
import {bytesOfHex, hexOf, textOf} from "../../codecs/bytes.js";
import {ENVELOPE_MAX_BYTES} from "../../codecs/chain/envelope.js";
import {DecodeError} from "../../errors.js";
import type {Io} from "../io.js";

/** Hex doubles the bytes, and an editor ends it with a new line. */
const FILE_MAX_BYTES = 2 * ENVELOPE_MAX_BYTES + 2;
const HEX = /^(?:[0-9a-fA-F]{2})+\s*$/;

/** Bytes of the transaction in `path`, whichever way they are written. @throws UsageError, DecodeError TX_EMPTY */
export async function readTx(io: Io, path: string): Promise<Uint8Array> {
  const file = await io.readFile(path, {flag: "<file>", maxBytes: FILE_MAX_BYTES});
  if (file.length === 0) throw new DecodeError("TX_EMPTY", "there is no transaction: the file is empty");
  // Canonical records start with an array's head, which no hex digit is.
  if (file[0]! >= 0x80) return file;
  const text = textOf(file);
  return HEX.test(text) ? bytesOfHex(text.trim().toLowerCase()) : file;
}

export interface OutFlags {
  readonly out: string;
  readonly hex: boolean;
  readonly force: boolean;
}

export const addOutFlags = (command: Command, what: string): Command =>
  command
    .option("--out <path>", `file for the ${what}; - is standard output`, "-")
    .option("--hex", "write hex on one line, for printing and pasting", false)
    .option("--force", "replace an existing file", false);

/** Refuses before any work what could not be written afterwards. @throws UsageError BINARY_TO_TERMINAL */
export function checkOut(io: Io, {out, hex}: OutFlags): void {
  if (out === "-" && !hex) io.checkBinary();
}

/** Writes `bytes` as the flags say; `data` describes them under --json. */
export async function writeTx(
  io: Io,
  bytes: Uint8Array,
  {flags: {out, hex, force}, data}: {flags: OutFlags; data: Readonly<Record<string, unknown>>},
): Promise<void> {
  const document = {...data, size_bytes: bytes.length};
  if (out !== "-") {
    await io.writeFile(out, hex ? new TextEncoder().encode(`${hexOf(bytes)}\n`) : bytes, {force});
    return io.result({...document, path: out}, out);
  }
  const whole = {...document, tx_hex: hexOf(bytes)};
  if (hex) io.result(whole, hexOf(bytes));
  else io.bytes(bytes, whole);
}
