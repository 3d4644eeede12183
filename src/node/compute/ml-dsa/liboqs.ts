/**
 * ML-DSA by liboqs in WebAssembly. It has no key generation from a seed, so noble derives keys; it checks the name of
 * an array's constructor, so it must never see a Buffer.
 */
import type {MlDsaBackend, MlDsaLevel} from "../ml-dsa.js";
import {loadNoble} from "./noble.js";

/** Null where WebAssembly or the package cannot be loaded. */
export async function loadLiboqs(level: MlDsaLevel): Promise<MlDsaBackend | null> {
  const suite = await import("@oqs/liboqs-js")
    .then((oqs) => (level === 44 ? oqs.createMLDSA44() : oqs.createMLDSA87()))
    .catch(() => null);
  if (!suite) return null;
  const noble = loadNoble(level);
  return {
    name: "liboqs",
    keygenFromSeed: (seed) => noble.keygenFromSeed(seed),
    sign: (secretKey, message) => suite.sign(message, secretKey),
    verify: (publicKey, message, signature) => suite.verify(message, signature, publicKey),
  };
}
