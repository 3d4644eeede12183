/** AES-256 in counter mode as a source of bytes that nobody without the key can tell from random ones. */
import type * as Crypto from "node:crypto";
import {plain} from "./bytes.js";

/** What is ciphered, so that the stream itself comes out: all at once where more is asked for. */
const ZEROS = new Uint8Array(32 * 1024);

/**
 * Gives the next bytes of the stream whose counter starts at `block`.
 * @param key 32 bytes
 * @param block 16 bytes, counted upwards, big-endian
 */
export function aesStream(key: Uint8Array, block: Uint8Array): (size: number) => Uint8Array {
  const crypto: typeof Crypto = process.getBuiltinModule("node:crypto");
  const cipher = crypto.createCipheriv("aes-256-ctr", key, block);
  return (size) => plain(cipher.update(size <= ZEROS.length ? ZEROS.subarray(0, size) : new Uint8Array(size)));
}
