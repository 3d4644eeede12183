/**
 * Signatures of devices and of their certificates: ECDSA on the NIST curves, RSA (PKCS #1 v1.5) and Ed25519, nothing
 * with a broken hash. OpenSSL computes them, through node:crypto: verification is synchronous and has no randomness.
 */
import type * as Crypto from "node:crypto";

const crypto = (): typeof Crypto => process.getBuiltinModule("node:crypto");

type Hash = "sha256" | "sha384" | "sha512";
/** By object id: what a certificate's signature is made with. */
const ALGORITHMS: Readonly<Record<string, {readonly key: "ec" | "rsa" | "ed25519"; readonly hash: Hash | null}>> = {
  "1.2.840.10045.4.3.2": {key: "ec", hash: "sha256"},
  "1.2.840.10045.4.3.3": {key: "ec", hash: "sha384"},
  "1.2.840.10045.4.3.4": {key: "ec", hash: "sha512"},
  "1.2.840.113549.1.1.11": {key: "rsa", hash: "sha256"},
  "1.2.840.113549.1.1.12": {key: "rsa", hash: "sha384"},
  "1.2.840.113549.1.1.13": {key: "rsa", hash: "sha512"},
  "1.3.101.112": {key: "ed25519", hash: null},
};
const CURVES = ["secp224r1", "prime256v1", "secp384r1", "secp521r1"];

/** A public key out of a certificate. */
export interface DeviceKey {
  readonly kind: "ec" | "rsa" | "ed25519" | "other";
  /** OpenSSL's name, for elliptic curves. */
  readonly curve: string | null;
  readonly object: Crypto.KeyObject;
}

/** The key of a SubjectPublicKeyInfo, or null when there is none that can be used. */
export function readDeviceKey(spki: Uint8Array): DeviceKey | null {
  try {
    const object = crypto().createPublicKey({key: Buffer.from(spki), format: "der", type: "spki"});
    const {asymmetricKeyType, asymmetricKeyDetails} = object;
    const curve = asymmetricKeyDetails?.namedCurve ?? null;
    if (asymmetricKeyType === "ec") return {kind: CURVES.includes(curve ?? "") ? "ec" : "other", curve, object};
    const kind = asymmetricKeyType === "rsa" || asymmetricKeyType === "ed25519" ? asymmetricKeyType : "other";
    return {kind, curve, object};
  } catch {
    return null;
  }
}

/** Whether `key` signed `message`, by the algorithm that a certificate names. */
export function verifyCertified(
  key: DeviceKey,
  algorithm: string,
  {message, signature}: {readonly message: Uint8Array; readonly signature: Uint8Array},
): boolean {
  const known = Object.hasOwn(ALGORITHMS, algorithm) ? ALGORITHMS[algorithm]! : null;
  if (known?.key !== key.kind) return false;
  return crypto().verify(known.hash, message, key.object, signature);
}

/** ECDSA over a digest of `message`; `der` for ASN.1 signatures, `raw` for both numbers side by side. */
export const verifyEcdsa = (
  {object}: DeviceKey,
  {hash, form}: {readonly hash: Hash; readonly form: "der" | "raw"},
  {message, signature}: {readonly message: Uint8Array; readonly signature: Uint8Array},
): boolean =>
  crypto().verify(hash, message, {key: object, dsaEncoding: form === "der" ? "der" : "ieee-p1363"}, signature);
