/** Session keys of streams: Ed25519, out of a seed of 32 bytes. One belongs to one stream. */
import {createPrivateKey, createPublicKey, sign} from "node:crypto";
import {concat, plain} from "../../codecs/bytes.js";

/** RFC 8410: what stands before the 32 bytes of a seed. */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
export const SESSION_SEED_BYTES = 32;

export interface SessionKey {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** The key of a seed. */
export function sessionKeyOf(seed: Uint8Array): SessionKey {
  const key = createPrivateKey({key: Buffer.from(concat(PKCS8_PREFIX, seed)), format: "der", type: "pkcs8"});
  const spki = createPublicKey(key).export({format: "der", type: "spki"});
  return {
    publicKey: plain(spki.subarray(-32)).slice(),
    sign: (message) => plain(sign(null, message, key)),
  };
}
