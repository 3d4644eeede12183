/** The certificate chain that evidence carries, read and followed to a pinned root. */

import {readBase64} from "../../../../codecs/go/base64.js";
import {type Certificate, decodeCertificate} from "../../../../codecs/x509/certificate.js";
import {DecodeError, RuleError} from "../../../../errors.js";
import {failureIn, type Scope} from "../quoted.js";
import {findPath} from "./path.js";
import {type DeviceKey, readDeviceKey} from "./signature.js";

export type Chain = readonly [Certificate, ...Certificate[]];

/** A bundle is asked about twice, and reading its certificates is a third of the work. */
const known = new WeakMap<readonly string[], Chain>();

/** Certificates of base64 DER, leaf first. @throws AttestationError */
export function readChain(scope: Scope, certChain: readonly string[]): Chain {
  const chain = known.get(certChain) ?? parseChain(scope, certChain);
  known.set(certChain, chain);
  return chain;
}

function parseChain(scope: Scope, certChain: readonly string[]): Chain {
  const [leaf, ...others] = certChain.map((text, i) => readCertificate(scope, text, i));
  if (!leaf) return failureIn(scope)("bundle_malformed", "cert_chain empty");
  return [leaf, ...others];
}

function readCertificate(scope: Scope, text: string, index: number): Certificate {
  const fail = failureIn(scope);
  let der: Uint8Array;
  try {
    der = readBase64(text);
  } catch (cause) {
    return fail("bundle_malformed", `cert_chain[${index}] base64`, cause);
  }
  try {
    return decodeCertificate(der);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    return fail("bundle_malformed", `cert_chain[${index}] parse: ${cause.message}`, cause);
  }
}

/** From the leaf to a pinned root, both included. @throws AttestationError */
export function followChain(
  scope: Scope,
  [leaf, ...others]: Chain,
  {roots, nowMs}: {readonly roots: readonly Certificate[]; readonly nowMs: bigint},
): readonly Certificate[] {
  try {
    return findPath(leaf, others, {roots, nowMs});
  } catch (cause) {
    if (!(cause instanceof RuleError)) throw cause;
    return failureIn(scope)("signature_invalid", `cert chain verify: ${cause.message}`, cause);
  }
}

/** Go's names of the types that are no ECDSA key, which messages show. */
const GO_TYPES = {rsa: "*rsa.PublicKey", ed25519: "ed25519.PublicKey", other: "<nil>"} as const;

/** The leaf's key, which must be an elliptic-curve one. @throws AttestationError */
export function ecdsaKeyOf(scope: Scope, leaf: Certificate): DeviceKey {
  const key = readDeviceKey(leaf.publicKey);
  if (key?.kind === "ec") return key;
  const type = GO_TYPES[key?.kind ?? "other"];
  return failureIn(scope)("signature_invalid", `leaf public key is ${type}, want *ecdsa.PublicKey`);
}
