/**
 * A chain in a file: a CBOR sequence (RFC 8742) of byte strings. The first holds a head, which says whose blocks follow and
 * which; each other one a block with the votes for it and what became of its transactions, in order of height.
 *
 * A byte string is its length in the shortest form, as canonical CBOR has it, and the record. So a reader takes the file in
 * parts, and any reader of CBOR can split it.
 */
import {DecodeError} from "../../errors.js";
import {digestHex} from "../address.js";
import {concat} from "../bytes.js";
import {type FieldValue, list, record, u64} from "../cbor/record.js";
import {block, certificate} from "./block.js";
import {chainIdField} from "./envelope.js";
import {FINALITY_HEADERS_MAX} from "./finality.js";
import {receipt} from "./receipt.js";

/** Longest record: a block with the longest end of an epoch. */
export const CHAIN_FILE_RECORD_MAX_BYTES = 64 * 1024 * 1024;

export const chainFileHead = record("qsdm/chain-file/v1", {
  chainId: chainIdField,
  /** Digest of the genesis that the blocks stand on. */
  genesisId: digestHex,
  /** Heights of the first and the last block, both included. */
  from: u64,
  to: u64,
});
export type ChainFileHead = FieldValue<typeof chainFileHead>;

export const chainFileBlock = record("qsdm/chain-file-block/v2", {
  block,
  certificate,
  /** In the block's order; the next header holds their root, so that they need not be believed either. */
  receipts: list(receipt, 10_000),
  /** The certified blocks behind it that closed its epoch, where it is the last of one. */
  closing: list(record("certified", {block, certificate}), FINALITY_HEADERS_MAX),
});
export type ChainFileBlock = FieldValue<typeof chainFileBlock>;

const BYTE_STRING = 0x40;
/** First bytes of byte strings whose length follows in 1, 2 and 4 bytes, with the least length that needs them. */
const LENGTHS = [
  {first: 0x58, size: 1, least: 24},
  {first: 0x59, size: 2, least: 0x100},
  {first: 0x5a, size: 4, least: 0x1_0000},
] as const;

/** One record as it stands in the file. */
export function frameOf(bytes: Uint8Array): Uint8Array {
  const form = LENGTHS.findLast(({least}) => bytes.length >= least);
  if (!form) return concat(Uint8Array.of(BYTE_STRING + bytes.length), bytes);
  const start = new Uint8Array(1 + form.size);
  start[0] = form.first;
  for (let i = 0; i < form.size; i++) start[1 + i] = bytes.length >>> (8 * (form.size - 1 - i));
  return concat(start, bytes);
}

/** How long the frame is that `bytes` begin with and where its record starts; null where too few are here to tell. */
function headOf(bytes: Uint8Array): {readonly start: number; readonly length: number} | null {
  const first = bytes[0];
  if (first === undefined) return null;
  if (first >= BYTE_STRING && first < BYTE_STRING + 24) return {start: 1, length: first - BYTE_STRING};
  const form = LENGTHS.find((each) => each.first === first);
  if (!form) throw new DecodeError("CHAIN_FILE_INVALID", `byte ${first} begins no byte string`);
  if (bytes.length < 1 + form.size) return null;
  let length = 0;
  for (let i = 0; i < form.size; i++) length = length * 256 + bytes[1 + i]!;
  if (length < form.least) throw new DecodeError("CHAIN_FILE_INVALID", "a length is not in its shortest form");
  if (length > CHAIN_FILE_RECORD_MAX_BYTES)
    throw new DecodeError("CHAIN_FILE_INVALID", `a record of ${length} bytes is longer than any block`);
  return {start: 1 + form.size, length};
}

/** The records in a whole sequence. @throws as `framesIn` */
export function* framesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const rest = bytes.subarray(at);
    const head = headOf(rest);
    if (head === null || head.start + head.length > rest.length) throw cut();
    yield rest.slice(head.start, head.start + head.length);
    at += head.start + head.length;
  }
}

const cut = (): DecodeError =>
  new DecodeError("CHAIN_FILE_CUT", "the file ends within a record", {
    hint: "copy it again: what came before is whole",
  });

/**
 * The records in a file that comes in parts.
 * @throws DecodeError CHAIN_FILE_INVALID, CHAIN_FILE_CUT where it ends within a record
 */
export async function* framesIn(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let size = 0;
  let wanted = 1;
  for await (const part of parts) {
    held.push(part);
    size += part.length;
    if (size < wanted) continue;
    let bytes = held.length === 1 ? part : concat(...held);
    for (;;) {
      const head = headOf(bytes);
      wanted = head === null ? bytes.length + 1 : head.start + head.length;
      if (head === null || bytes.length < wanted) break;
      yield bytes.slice(head.start, wanted);
      bytes = bytes.subarray(wanted);
    }
    held = bytes.length === 0 ? [] : [bytes];
    size = bytes.length;
  }
  if (size > 0) throw cut();
}
