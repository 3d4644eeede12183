/** ML-DSA by @noble/post-quantum: plain TypeScript, runs everywhere, the reference for the others. */
import {ml_dsa44, ml_dsa87} from "@noble/post-quantum/ml-dsa.js";
import type {MlDsaBackend, MlDsaLevel} from "../ml-dsa.js";

/** Never absent. */
export function loadNoble(level: MlDsaLevel): MlDsaBackend {
  const suite = level === 44 ? ml_dsa44 : ml_dsa87;
  return {
    name: "noble",
    keygenFromSeed: (seed) => suite.keygen(seed),
    sign: (secretKey, message) => suite.sign(message, secretKey),
    verify: (publicKey, message, signature) => suite.verify(signature, message, publicKey),
  };
}
