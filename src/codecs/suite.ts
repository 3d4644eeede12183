/** Signature suites by their wire names, and the sizes of FIPS 204 that limits are derived from. */

/** ML-DSA-87 signs transactions and mining proofs. */
export const ML_DSA_87 = {name: "ml-dsa-87", publicKeyBytes: 2592, secretKeyBytes: 4896, signatureBytes: 4627} as const;
/** ML-DSA-44 signs consensus votes, where size counts most. */
export const ML_DSA_44 = {name: "ml-dsa-44", publicKeyBytes: 1312, secretKeyBytes: 2560, signatureBytes: 2420} as const;
/** ML-KEM-768 agrees on the keys of sessions between nodes; sizes of FIPS 203. */
export const ML_KEM_768 = {
  name: "ml-kem-768",
  publicKeyBytes: 1184,
  secretKeyBytes: 2400,
  ciphertextBytes: 1088,
  secretBytes: 32,
  keygenSeedBytes: 64,
  encapsulationSeedBytes: 32,
} as const;
/** Seed from which either key pair is derived. */
export const ML_DSA_SEED_BYTES = 32;

/** Checks one signature over `message` with an empty context string. Never throws: malformed input is false. */
export type VerifySignature = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/** Sizes of the attestation MAC key that enrollment takes, in bytes. */
export const MIN_HMAC_KEY_BYTES = 32;
export const MAX_HMAC_KEY_BYTES = 128;
