/** The hashes that wire formats are built on, synchronous, over whole messages. */
import type * as Crypto from "node:crypto";
import {concat, plain} from "./bytes.js";

let loaded: typeof Crypto | undefined;
/** At the first hash and not before: node:crypto takes 3 ms to load, a tenth of a short command. */
const crypto = (): typeof Crypto => {
  loaded ??= process.getBuiltinModule("node:crypto");
  return loaded;
};

// crypto.hash skips the stream object and is 1.4 times createHash on short messages; it came with Node 20.12.
const digest = (algorithm: string, message: Uint8Array): Uint8Array =>
  plain(crypto().hash(algorithm, message, "buffer") as Buffer);

/** SHA-256, 32 bytes. */
export const sha256 = (...parts: readonly Uint8Array[]): Uint8Array =>
  digest("sha256", parts.length === 1 ? parts[0]! : concat(...parts));

/** SHA3-256 of FIPS 202 (not legacy Keccak padding), 32 bytes. */
export const sha3 = (...parts: readonly Uint8Array[]): Uint8Array =>
  digest("sha3-256", parts.length === 1 ? parts[0]! : concat(...parts));

/** The first `size` bytes of SHAKE256. */
export const shake256 = (message: Uint8Array, size: number): Uint8Array =>
  plain(crypto().createHash("shake256", {outputLength: size}).update(message).digest());

/** HMAC-SHA256, 32 bytes. */
export const hmacSha256 = (key: Uint8Array, message: Uint8Array): Uint8Array =>
  plain(crypto().createHmac("sha256", key).update(message).digest());

/** HMAC-SHA3-256, 32 bytes. */
export const hmacSha3 = (key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array => {
  const mac = crypto().createHmac("sha3-256", key);
  for (const part of parts) mac.update(part);
  return plain(mac.digest());
};

/** Equality in time that depends on the lengths only. */
export const equalSecret = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && crypto().timingSafeEqual(a, b);
