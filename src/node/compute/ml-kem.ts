/** ML-KEM-768 (FIPS 203): how two nodes agree on a key that no quantum computer reads. */
import {plain} from "../../codecs/bytes.js";
import {ML_KEM_768} from "../../codecs/suite.js";
import {DecodeError} from "../../errors.js";

export interface KemKeyPair {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

/** Deterministic: randomness is an argument everywhere. */
export interface MlKem {
  readonly name: string;
  /** Key pair of 64 random bytes, d then z. @throws DecodeError SEED_SIZE */
  keygen(seed: Uint8Array): KemKeyPair;
  /** Encapsulates under 32 random bytes. @throws DecodeError KEM_KEY_INVALID, SEED_SIZE */
  encapsulate(publicKey: Uint8Array, seed: Uint8Array): {readonly ciphertext: Uint8Array; readonly secret: Uint8Array};
  /** A ciphertext that was tampered with gives another secret and no error. @throws DecodeError KEM_CIPHERTEXT_INVALID */
  decapsulate(ciphertext: Uint8Array, secretKey: Uint8Array): Uint8Array;
}

/** What an implementation brings; sizes are checked before it is called. It throws on a key outside the field. */
export interface MlKemBackend extends MlKem {}

/** The implementation of this machine. */
export async function loadMlKem(): Promise<MlKem> {
  const {loadNobleKem} = await import("./ml-kem/noble.js");
  return guardKemSizes(loadNobleKem());
}

/** `backend` behind size checks, with one error for what it cannot read. */
export function guardKemSizes(backend: MlKemBackend): MlKem {
  const check = (bytes: Uint8Array, size: number, code: string): Uint8Array => {
    if (bytes.length !== size) throw new DecodeError(code, `${bytes.length} bytes, want ${size}`);
    return plain(bytes);
  };
  return {
    name: backend.name,
    keygen: (seed) => backend.keygen(check(seed, ML_KEM_768.keygenSeedBytes, "SEED_SIZE")),
    encapsulate(publicKey, seed) {
      const key = check(publicKey, ML_KEM_768.publicKeyBytes, "KEM_KEY_INVALID");
      const message = check(seed, ML_KEM_768.encapsulationSeedBytes, "SEED_SIZE");
      try {
        return backend.encapsulate(key, message);
      } catch (cause) {
        // FIPS 203, section 7.2: coefficients at or above q.
        throw new DecodeError("KEM_KEY_INVALID", "not an ML-KEM-768 key", {cause});
      }
    },
    decapsulate: (ciphertext, secretKey) =>
      backend.decapsulate(check(ciphertext, ML_KEM_768.ciphertextBytes, "KEM_CIPHERTEXT_INVALID"), secretKey),
  };
}
