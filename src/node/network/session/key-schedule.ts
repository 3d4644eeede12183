/**
 * Keys of a session: HKDF (RFC 5869) over SHA3-256, one extraction for each of the three shared secrets in the order in
 * which they come, each expansion bound to the transcript so far. KEMTLS (Schwabe, Stebila, Wiggers 2020), figure 4.
 */
import {concat, utf8} from "../../../codecs/bytes.js";
import {hmacSha3, sha3} from "../../../codecs/hash.js";

const PROTOCOL = utf8("qsdm/session/v3\0");

/** Digest over every byte of every message so far, each with its length. */
export const firstTranscript = (): Uint8Array => sha3(PROTOCOL);

export function absorb(transcript: Uint8Array, message: Uint8Array): Uint8Array {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, message.length);
  return sha3(transcript, size, message);
}

/** What the first secret, the ephemeral one, gives. */
export const firstSecret = (shared: Uint8Array): Uint8Array => hmacSha3(PROTOCOL, shared);

/** Mixes the next shared secret in. */
export const nextSecret = (secret: Uint8Array, shared: Uint8Array): Uint8Array =>
  hmacSha3(expand(secret, "derived", new Uint8Array()), shared);

/** 32 bytes for one purpose. */
export const expand = (secret: Uint8Array, label: string, transcript: Uint8Array): Uint8Array =>
  hmacSha3(secret, concat(PROTOCOL, utf8(`${label}\0`), transcript), Uint8Array.of(1));
