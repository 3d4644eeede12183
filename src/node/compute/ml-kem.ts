/**
 * ML-KEM-768 (FIPS 203): how two nodes agree on a key that no quantum computer reads.
 *
 * The addon where it was built (10 to 16 us for an operation with AVX2), else noble, a sixtieth as fast. `node:crypto` and
 * liboqs take no randomness from their caller, and a handshake hands over its own.
 */
import {plain} from "../../codecs/bytes.js";
import {ML_KEM_768} from "../../codecs/suite.js";
import {DecodeError, UnavailableError} from "../../errors.js";

export interface KemKeyPair {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

/** Deterministic: randomness is an argument everywhere. */
export interface MlKem {
  /** Implementation: `native` or `noble`. */
  readonly name: string;
  /** Key pair of 64 random bytes, d then z. @throws DecodeError SEED_SIZE */
  keygen(seed: Uint8Array): KemKeyPair;
  /** Encapsulates under 32 random bytes. @throws DecodeError KEM_KEY_INVALID, SEED_SIZE */
  encapsulate(publicKey: Uint8Array, seed: Uint8Array): {readonly ciphertext: Uint8Array; readonly secret: Uint8Array};
  /**
   * A ciphertext that was tampered with gives another secret and no error.
   * @throws DecodeError KEM_CIPHERTEXT_INVALID for another size, KEM_SECRET_KEY_INVALID
   */
  decapsulate(ciphertext: Uint8Array, secretKey: Uint8Array): Uint8Array;
}

/** What an implementation brings; sizes are checked before it is called. It throws on what is no key. */
export interface MlKemBackend extends MlKem {}

/** Every implementation, best first; each answers null where the platform lacks it. */
export const ML_KEM_LOADERS: Readonly<Record<"native" | "noble", () => Promise<MlKemBackend | null>>> = {
  native: async () => (await import("./ml-kem/native.js")).loadNativeKem(),
  noble: async () => (await import("./ml-kem/noble.js")).loadNobleKem(),
};

/** The best implementation that this machine has. */
export async function loadMlKem(): Promise<MlKem> {
  for (const load of Object.values(ML_KEM_LOADERS)) {
    const backend = await load();
    if (backend) return guardKem(backend);
  }
  throw new UnavailableError("ML_KEM_UNAVAILABLE", "no implementation of ML-KEM-768 could be loaded");
}

/** `backend` behind size checks, with one error for what it cannot read. */
export function guardKem(backend: MlKemBackend): MlKem {
  const check = (bytes: Uint8Array, size: number, code: string): Uint8Array => {
    if (bytes.length !== size) throw new DecodeError(code, `${bytes.length} bytes, want ${size}`);
    return plain(bytes);
  };
  const reading = <T>(code: string, what: string, run: () => T): T => {
    try {
      return run();
    } catch (cause) {
      throw new DecodeError(code, `not ${what}`, {cause});
    }
  };
  return {
    name: backend.name,
    keygen: (seed) => backend.keygen(check(seed, ML_KEM_768.keygenSeedBytes, "SEED_SIZE")),
    encapsulate(publicKey, seed) {
      const key = check(publicKey, ML_KEM_768.publicKeyBytes, "KEM_KEY_INVALID");
      const message = check(seed, ML_KEM_768.encapsulationSeedBytes, "SEED_SIZE");
      // FIPS 203, section 7.2: coefficients at or above q.
      return reading("KEM_KEY_INVALID", "an ML-KEM-768 key", () => backend.encapsulate(key, message));
    },
    decapsulate(ciphertext, secretKey) {
      const key = check(secretKey, ML_KEM_768.secretKeyBytes, "KEM_SECRET_KEY_INVALID");
      const sealed = check(ciphertext, ML_KEM_768.ciphertextBytes, "KEM_CIPHERTEXT_INVALID");
      // Section 7.3: a digest that is not that of the public half.
      return reading("KEM_SECRET_KEY_INVALID", "an ML-KEM-768 secret key", () => backend.decapsulate(sealed, key));
    },
  };
}
