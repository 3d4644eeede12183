/** AES-256 in counter mode as a source of bytes that nobody without the key can tell from random ones. */
import type * as Crypto from "node:crypto";
import {plain} from "./bytes.js";

/**
 * Gives the next bytes of the stream whose counter starts at `block`.
 * @param key 32 bytes
 * @param block 16 bytes, counted upwards, big-endian
 */
export function aesStream(key: Uint8Array, block: Uint8Array): (size: number) => Uint8Array {
  const crypto: typeof Crypto = process.getBuiltinModule("node:crypto");
  const cipher = crypto.createCipheriv("aes-256-ctr", key, block);
  return (size) => plain(cipher.update(new Uint8Array(size)));
}
