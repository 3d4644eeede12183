/** ML-KEM-768 by the addon, on the path that secrets are used on: all of it works on some. */
import {ML_KEM_768} from "../../../codecs/suite.js";
import {DecodeError, UnavailableError} from "../../../errors.js";
import type {MlKemBackend} from "../ml-kem.js";
import {type Addon, loadAddon, nativePathName, secretPath} from "../native/addon.js";

/** Null where there is no addon, or `QSDM_COMPUTE` allows another backend alone. */
export function loadNativeKem(): MlKemBackend | null {
  if (nativePathName() === null) return null;
  try {
    const addon = loadAddon();
    return nativeKemOn(addon, secretPath(addon));
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    return null;
  }
}

/** ML-KEM on a path of the addon, which this machine has to be able to run. */
export function nativeKemOn(addon: Addon, path: number): MlKemBackend {
  const {publicKeyBytes, secretKeyBytes, ciphertextBytes, secretBytes} = ML_KEM_768;
  return {
    name: "native",
    keygen(seed) {
      const publicKey = new Uint8Array(publicKeyBytes);
      const secretKey = new Uint8Array(secretKeyBytes);
      addon.mlKemKeygen(path, seed, publicKey, secretKey);
      return {publicKey, secretKey};
    },
    encapsulate(publicKey, seed) {
      const ciphertext = new Uint8Array(ciphertextBytes);
      const secret = new Uint8Array(secretBytes);
      if (!addon.mlKemEncapsulate(path, publicKey, seed, ciphertext, secret))
        throw new DecodeError("KEM_KEY_INVALID", "a coefficient is not below q");
      return {ciphertext, secret};
    },
    decapsulate(ciphertext, secretKey) {
      const secret = new Uint8Array(secretBytes);
      if (!addon.mlKemDecapsulate(path, secretKey, ciphertext, secret))
        throw new DecodeError("KEM_SECRET_KEY_INVALID", "the key's digest is not that of its public half");
      return secret;
    },
  };
}
