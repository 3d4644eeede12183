/**
 * ML-DSA (FIPS 204, pure, empty context) behind one interface. liboqs as WebAssembly verifies about 14 times as fast
 * as noble but costs 100 ms to load; noble is there after 16 ms. So a node takes the first, a command that signs once
 * the second. Both give the same verdict on every signature; tests hold them against each other.
 */
import {randomBytes} from "node:crypto";
import {plain} from "../../codecs/bytes.js";
import {ML_DSA_44, ML_DSA_87, type VerifySignature} from "../../codecs/suite.js";

/** Parameter sets in use: 87 signs transactions and proofs, 44 signs votes. */
export type MlDsaLevel = 44 | 87;

export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

/** One implementation of one parameter set. */
export interface MlDsa {
  /** Implementation, for `qsdm version`. */
  readonly name: string;
  /** @param seed 32 bytes; the same seed gives the same pair on every implementation */
  keygenFromSeed(seed: Uint8Array): KeyPair;
  /** Hedged: two signatures of one message differ. */
  sign(secretKey: Uint8Array, message: Uint8Array): Uint8Array;
  readonly verify: VerifySignature;
}

/** `many`: a node that verifies all day. `few`: a command that is gone in a moment. */
export type Workload = "many" | "few";

const SUITES = {44: ML_DSA_44, 87: ML_DSA_87} as const;

/** The implementation that serves `workload` best among those that load here. */
export async function loadMlDsa(level: MlDsaLevel, workload: Workload = "many"): Promise<MlDsa> {
  const noble = await loadNoble(level);
  if (workload === "few") return noble;
  try {
    return await loadLiboqs(level, noble);
  } catch {
    // An optional package that is absent or broken on this platform: slower, never wrong.
    return noble;
  }
}

/** The reference: plain TypeScript, works everywhere. */
export async function loadNoble(level: MlDsaLevel): Promise<MlDsa> {
  const {ml_dsa44, ml_dsa87} = await import("@noble/post-quantum/ml-dsa.js");
  const scheme = level === 87 ? ml_dsa87 : ml_dsa44;
  return {
    name: "noble",
    keygenFromSeed: (seed) => scheme.keygen(seed),
    sign: (secretKey, message) => scheme.sign(message, secretKey, {extraEntropy: plain(randomBytes(32))}),
    verify: guard(level, (publicKey, message, signature) => scheme.verify(signature, message, publicKey)),
  };
}

/** Open Quantum Safe's library as WebAssembly. It has no seeded key generation, so that part stays noble's. */
export async function loadLiboqs(level: MlDsaLevel, keygen: MlDsa): Promise<MlDsa> {
  const {createMLDSA44, createMLDSA87} = await import("@oqs/liboqs-js/sig");
  const scheme = level === 87 ? await createMLDSA87() : await createMLDSA44();
  return {
    name: "liboqs-wasm",
    keygenFromSeed: keygen.keygenFromSeed,
    sign: (secretKey, message) => scheme.sign(plain(message), plain(secretKey)),
    verify: guard(level, (publicKey, message, signature) =>
      scheme.verify(plain(message), plain(signature), plain(publicKey)),
    ),
  };
}

/** Wrong sizes are a false verdict before any library sees them, and so is whatever a library throws at bad bytes. */
const guard = (level: MlDsaLevel, verify: VerifySignature): VerifySignature => {
  const {publicKeyBytes, signatureBytes} = SUITES[level];
  return (publicKey, message, signature) => {
    if (publicKey.length !== publicKeyBytes || signature.length !== signatureBytes) return false;
    try {
      return verify(publicKey, message, signature);
    } catch {
      return false;
    }
  };
};
