/** Keys that sign and are never shown. */
import {addressOfKey} from "../../codecs/address.js";
import type {VerifySignature} from "../../codecs/suite.js";

/** A signature scheme, as node/compute loads it. */
export interface SignatureScheme {
  keygenFromSeed(seed: Uint8Array): {readonly publicKey: Uint8Array; readonly secretKey: Uint8Array};
  sign(secretKey: Uint8Array, message: Uint8Array): Uint8Array;
  readonly verify: VerifySignature;
}

/** Somebody who can sign. The key stays inside: it is no property, and no text or JSON of a signer contains it. */
export interface Signer {
  readonly address: string;
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** The signer of a key pair. */
export const createSigner = (
  scheme: SignatureScheme,
  {publicKey, secretKey}: {readonly publicKey: Uint8Array; readonly secretKey: Uint8Array},
): Signer => ({
  address: addressOfKey(publicKey),
  publicKey,
  sign: (message) => scheme.sign(secretKey, message),
});

/** The signer of a 32-byte seed. @throws DecodeError SEED_SIZE */
export const signerOfSeed = (scheme: SignatureScheme, seed: Uint8Array): Signer =>
  createSigner(scheme, scheme.keygenFromSeed(seed));
