/**
 * How QBIND keeps records and names a genesis file: bytes behind their CRC-32 (IEEE, big-endian), and the SHA3-256 of
 * a file as it is.
 * Source: bft-ledger, sections 5 and 11. Vectors: storage-genesis.vectors.json.
 */
import {crc32} from "node:zlib";
import {DecodeError} from "../../errors.js";
import {concat, hexOf} from "../bytes.js";
import type {Codec} from "../codec.js";
import {sha3} from "../hash.js";

const SUM_BYTES = 4;

/** The sum that stands before a record, 4 bytes. */
export function sumOf(payload: Uint8Array): Uint8Array {
  const sum = new Uint8Array(SUM_BYTES);
  new DataView(sum.buffer).setUint32(0, crc32(payload));
  return sum;
}

/**
 * A record as it is kept. The reference takes one with a wrong sum for an older form and goes on with it; here it is
 * damaged.
 * @throws DecodeError RECORD_DAMAGED
 */
export const storedRecord: Codec<Uint8Array> = {
  encode: (payload) => concat(sumOf(payload), payload),
  decode(bytes) {
    const payload = bytes.slice(SUM_BYTES);
    if (bytes.length < SUM_BYTES || hexOf(sumOf(payload)) !== hexOf(bytes.subarray(0, SUM_BYTES)))
      throw new DecodeError("RECORD_DAMAGED", "a stored record does not have the sum that stands before it");
    return payload;
  },
};

/** What a genesis file is called: by every byte of it, white space included. */
export const genesisFileHash = (file: Uint8Array): string => `0x${hexOf(sha3(file))}`;

/** The one spelling of a hash that a person typed, in either case, with or without `0x`. @throws DecodeError HASH_INVALID */
export function parseGenesisFileHash(text: string): string {
  const [, digits] = /^(?:0x)?([0-9a-fA-F]{64})$/.exec(text) ?? [];
  if (digits === undefined) throw new DecodeError("HASH_INVALID", `"${text}" is not 64 hex digits`);
  return `0x${digits.toLowerCase()}`;
}
