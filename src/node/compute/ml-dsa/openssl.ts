/**
 * ML-DSA by `node:crypto`, where its OpenSSL has it (3.5 with Node 24.6 and newer). Keys travel in DER: the fixed heads
 * below with the raw key behind them (RFC 9881).
 */
import {createPrivateKey, createPublicKey, sign, verify} from "node:crypto";
import {bytesOfHex, concat, plain} from "../../../codecs/bytes.js";
import type {MlDsaBackend, MlDsaLevel} from "../ml-dsa.js";
import {loadNoble} from "./noble.js";

/** SubjectPublicKeyInfo up to the raw public key. */
const SPKI_HEAD = {
  44: bytesOfHex("30820532300b06096086480165030403110382052100"),
  87: bytesOfHex("30820a32300b060960864801650304031303820a2100"),
} as const;
/** PKCS #8 PrivateKeyInfo up to the expanded secret key: the `expandedKey` form. */
const PKCS8_HEAD = {
  44: bytesOfHex("30820a18020100300b060960864801650304031104820a0404820a00"),
  87: bytesOfHex("30821338020100300b06096086480165030403130482132404821320"),
} as const;

/** Null where this Node has no ML-DSA: found by importing a key, since versions and builds of OpenSSL vary. */
export function loadOpenssl(level: MlDsaLevel): MlDsaBackend | null {
  const noble = loadNoble(level);
  const publicKeyOf = (raw: Uint8Array) =>
    createPublicKey({key: Buffer.from(concat(SPKI_HEAD[level], raw)), format: "der", type: "spki"});
  const backend: MlDsaBackend = {
    name: "openssl",
    keygenFromSeed: (seed) => noble.keygenFromSeed(seed),
    sign(secretKey, message) {
      const der = Buffer.from(concat(PKCS8_HEAD[level], secretKey));
      return plain(sign(null, message, createPrivateKey({key: der, format: "der", type: "pkcs8"})));
    },
    verify: (publicKey, message, signature) => verify(null, message, publicKeyOf(publicKey), signature),
  };
  try {
    publicKeyOf(noble.keygenFromSeed(new Uint8Array(32)).publicKey);
    return backend;
  } catch {
    return null;
  }
}
