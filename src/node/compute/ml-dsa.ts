/**
 * ML-DSA (FIPS 204) by the best implementation at hand, all byte-compatible and tested against each other both ways.
 *
 * Order: the native addon where it was built, `node:crypto` where its OpenSSL has ML-DSA (audited, constant time, nothing
 * to load; Node 24), liboqs compiled to WebAssembly (5,300 verifications per CPU second on Node 20, a fifth above
 * OpenSSL), noble (360, the reference). Nothing is imported before the first call: liboqs alone takes 50 to 80 ms to load.
 */

import {plain} from "../../codecs/bytes.js";
import {ML_DSA_44, ML_DSA_87, ML_DSA_SEED_BYTES, type VerifySignature} from "../../codecs/suite.js";
import {DecodeError, InvariantError, UnavailableError} from "../../errors.js";

/** Parameter set by its number in FIPS 204. */
export type MlDsaLevel = 44 | 87;
/** Sizes of one parameter set. */
export type MlDsaSizes = typeof ML_DSA_44 | typeof ML_DSA_87;

export interface KeyPair {
  readonly publicKey: Uint8Array;
  /** Expanded secret key of FIPS 204: 2,560 bytes for level 44, 4,896 for level 87. */
  readonly secretKey: Uint8Array;
}

/** One parameter set by one implementation. */
export interface MlDsa {
  /** Implementation: `native`, `openssl`, `liboqs` or `noble`. */
  readonly name: string;
  readonly level: MlDsaLevel;
  /** Key pair of a 32-byte seed (KeyGen_internal). @throws DecodeError SEED_SIZE */
  keygenFromSeed(seed: Uint8Array): KeyPair;
  /** Hedged signature with an empty context, so two calls differ. @throws DecodeError SECRET_KEY_SIZE, SECRET_KEY_INVALID */
  sign(secretKey: Uint8Array, message: Uint8Array): Uint8Array;
  /**
   * A copy of a secret key to sign with many times, outside of JavaScript's memory with the addon.
   * @throws DecodeError SECRET_KEY_SIZE, SECRET_KEY_INVALID
   */
  hold(secretKey: Uint8Array): HeldKey;
  /** Whether `signature` is valid; malformed input is false. */
  readonly verify: VerifySignature;
}

/** A secret key that is kept elsewhere. It is wiped when it is forgotten, or once nobody refers to it with the addon. */
export interface HeldKey {
  /** As `sign` of `MlDsa`. */
  sign(message: Uint8Array): Uint8Array;
  /** May be called twice; signing afterwards throws. */
  forget(): void;
}

/** A message, its signature, and the key that it is to be checked with. */
export interface SignedMessage {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** What an implementation brings; the sizes are checked before it is called, and every array is a bare Uint8Array. */
export interface MlDsaBackend {
  readonly name: string;
  keygenFromSeed(seed: Uint8Array): KeyPair;
  sign(secretKey: Uint8Array, message: Uint8Array): Uint8Array;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** Absent where keys are JavaScript's. */
  hold?(secretKey: Uint8Array): HeldKey;
}

/** Loads one implementation, or answers null where the platform lacks it. */
export type MlDsaLoader = (level: MlDsaLevel) => Promise<MlDsaBackend | null>;

/** Every implementation, best first. */
export const ML_DSA_LOADERS: Readonly<Record<"native" | "openssl" | "liboqs" | "noble", MlDsaLoader>> = {
  native: async (level) => (await import("./ml-dsa/native.js")).loadNative(level),
  openssl: async (level) => (await import("./ml-dsa/openssl.js")).loadOpenssl(level),
  liboqs: async (level) => (await import("./ml-dsa/liboqs.js")).loadLiboqs(level),
  noble: async (level) => (await import("./ml-dsa/noble.js")).loadNoble(level),
};

/** Sizes of a parameter set. */
export const mlDsaSizes = (level: MlDsaLevel): MlDsaSizes => (level === 44 ? ML_DSA_44 : ML_DSA_87);

/** `many`: a node that verifies all day. `few`: a command that signs once and is gone, for which liboqs loads too long. */
export type Workload = "many" | "few";

const CANDIDATES: Readonly<Record<Workload, readonly MlDsaLoader[]>> = {
  many: [ML_DSA_LOADERS.native, ML_DSA_LOADERS.openssl, ML_DSA_LOADERS.liboqs, ML_DSA_LOADERS.noble],
  few: [ML_DSA_LOADERS.native, ML_DSA_LOADERS.openssl, ML_DSA_LOADERS.noble],
};
const loaded = new Map<string, Promise<MlDsa>>();

/** The implementation of `level` that serves `workload` best here; loaded once per process. */
export function loadMlDsa(level: MlDsaLevel, workload: Workload = "many"): Promise<MlDsa> {
  const key = `${level} ${workload}`;
  let pending = loaded.get(key);
  if (!pending) {
    pending = firstOf(level, CANDIDATES[workload]);
    loaded.set(key, pending);
  }
  return pending;
}

async function firstOf(level: MlDsaLevel, loaders: readonly MlDsaLoader[]): Promise<MlDsa> {
  for (const load of loaders) {
    const backend = await load(level);
    if (backend) return guardSizes(level, backend);
  }
  throw new UnavailableError("ML_DSA_UNAVAILABLE", `no implementation of ML-DSA-${level} could be loaded`);
}

/**
 * `backend` behind the size checks that implementations answer differently: one throws, one answers false, one reads
 * past the input.
 */
export function guardSizes(level: MlDsaLevel, backend: MlDsaBackend): MlDsa {
  const {publicKeyBytes, secretKeyBytes, signatureBytes} = mlDsaSizes(level);
  const checkSecretKey = (secretKey: Uint8Array): void => {
    if (secretKey.length !== secretKeyBytes)
      throw new DecodeError("SECRET_KEY_SIZE", `secret key is ${secretKey.length} bytes, want ${secretKeyBytes}`);
  };
  return {
    name: backend.name,
    level,
    keygenFromSeed(seed) {
      if (seed.length !== ML_DSA_SEED_BYTES)
        throw new DecodeError("SEED_SIZE", `seed is ${seed.length} bytes, want ${ML_DSA_SEED_BYTES}`);
      return backend.keygenFromSeed(plain(seed));
    },
    sign(secretKey, message) {
      checkSecretKey(secretKey);
      return backend.sign(plain(secretKey), plain(message));
    },
    hold(secretKey) {
      checkSecretKey(secretKey);
      const held = backend.hold?.(plain(secretKey)) ?? holdHere(backend, Uint8Array.from(secretKey));
      return {sign: (message) => held.sign(plain(message)), forget: held.forget};
    },
    verify(publicKey, message, signature) {
      if (publicKey.length !== publicKeyBytes || signature.length !== signatureBytes) return false;
      try {
        return backend.verify(plain(publicKey), plain(message), plain(signature));
      } catch {
        // Bytes that an implementation cannot even read are no valid signature.
        return false;
      }
    },
  };
}

/** A copy of the key in JavaScript's memory, for implementations that have no other. */
function holdHere(backend: MlDsaBackend, secretKey: Uint8Array): HeldKey {
  let forgotten = false;
  return {
    sign(message) {
      if (forgotten) throw new InvariantError("the key has been forgotten");
      return backend.sign(secretKey, message);
    },
    forget() {
      forgotten = true;
      secretKey.fill(0);
    },
  };
}
