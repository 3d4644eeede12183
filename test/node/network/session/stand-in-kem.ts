/** A stand-in for ML-KEM with its sizes and its implicit rejection and none of its security, a hundred times faster. */
import {concat, equalBytes} from "../../../../src/codecs/bytes.js";
import {sha3, shake256} from "../../../../src/codecs/hash.js";
import {ML_KEM_768} from "../../../../src/codecs/suite.js";
import type {Kem} from "../../../../src/node/network/session/handshake.js";

const {publicKeyBytes, ciphertextBytes} = ML_KEM_768;
const tailOf = (publicKey: Uint8Array, seed: Uint8Array) => shake256(concat(seed, publicKey), ciphertextBytes - 32);

export const STAND_IN_KEM: Kem = {
  keygen: (seed) => ({publicKey: shake256(seed, publicKeyBytes), secretKey: seed}),
  encapsulate: (publicKey, seed) => ({
    ciphertext: concat(seed, tailOf(publicKey, seed)),
    secret: sha3(publicKey, seed),
  }),
  decapsulate(ciphertext, secretKey) {
    const publicKey = shake256(secretKey, publicKeyBytes);
    const seed = ciphertext.slice(0, 32);
    const whole = equalBytes(ciphertext.subarray(32), tailOf(publicKey, seed));
    return whole ? sha3(publicKey, seed) : sha3(secretKey, ciphertext);
  },
};
