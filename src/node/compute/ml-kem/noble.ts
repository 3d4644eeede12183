/** ML-KEM-768 by @noble/post-quantum: plain TypeScript, runs everywhere, the reference for others. */
import {ml_kem768} from "@noble/post-quantum/ml-kem.js";
import type {MlKemBackend} from "../ml-kem.js";

/** Never absent. */
export const loadNobleKem = (): MlKemBackend => ({
  name: "noble",
  keygen: (seed) => ml_kem768.keygen(seed),
  encapsulate(publicKey, seed) {
    const {cipherText, sharedSecret} = ml_kem768.encapsulate(publicKey, seed);
    return {ciphertext: cipherText, secret: sharedSecret};
  },
  decapsulate: (ciphertext, secretKey) => ml_kem768.decapsulate(ciphertext, secretKey),
});
