/**
 * Signatures of a simulation. `fake`: a keyed hash of the real sizes, whose key is its own public key, so that a
 * byzantine node could forge anything and the simulator sees to it that it does not. `real`: ML-DSA.
 */
import {ml_dsa44, ml_dsa87} from "@noble/post-quantum/ml-dsa.js";
import {equalBytes, utf8} from "../../src/codecs/bytes.js";
import {sha3} from "../../src/codecs/hash.js";
import {ML_DSA_44, ML_DSA_87, type VerifySignature} from "../../src/codecs/suite.js";
import {loadMlDsa} from "../../src/node/compute/ml-dsa.js";
import {rememberValid} from "../../src/node/signature-cache.js";

export interface Signing {
  keygen(name: string): {readonly publicKey: Uint8Array; readonly secretKey: Uint8Array};
  sign(secretKey: Uint8Array, message: Uint8Array): Uint8Array;
  readonly verify: VerifySignature;
}

export interface SimCrypto {
  /** ML-DSA-44. */
  readonly votes: Signing;
  /** ML-DSA-87. */
  readonly transactions: Signing;
}

const seedOf = (name: string): Uint8Array => sha3(utf8(`sim ${name}`));

function fake({publicKeyBytes, signatureBytes}: {publicKeyBytes: number; signatureBytes: number}): Signing {
  const tag = (key: Uint8Array, message: Uint8Array): Uint8Array => sha3(key.subarray(0, 32), message);
  const padding = new Uint8Array(signatureBytes - 32);
  return {
    keygen(name) {
      const publicKey = new Uint8Array(publicKeyBytes);
      publicKey.set(seedOf(name));
      return {publicKey, secretKey: publicKey};
    },
    sign(key, message) {
      const out = new Uint8Array(signatureBytes);
      out.set(tag(key, message));
      return out;
    },
    verify: (publicKey, message, signature) =>
      signature.length === signatureBytes &&
      equalBytes(tag(publicKey, message), signature.subarray(0, 32)) &&
      equalBytes(padding, signature.subarray(32)),
  };
}

/** @param mode `real` signs deterministically, so that a seed gives one trace */
export async function cryptoOf(mode: "fake" | "real"): Promise<SimCrypto> {
  if (mode === "fake") return {votes: fake(ML_DSA_44), transactions: fake(ML_DSA_87)};
  const real = async (level: 44 | 87): Promise<Signing> => {
    const mlDsa = await loadMlDsa(level);
    const noble = level === 44 ? ml_dsa44 : ml_dsa87;
    return {
      keygen: (name) => mlDsa.keygenFromSeed(seedOf(name)),
      sign: (secretKey, message) => noble.sign(message, secretKey, {extraEntropy: false}),
      verify: rememberValid(mlDsa.verify),
    };
  };
  return {votes: await real(44), transactions: await real(87)};
}
