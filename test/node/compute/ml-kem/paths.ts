/**
 * Each implementation of ML-KEM-768 at hand, as far as its interface goes. Null is an answer: the interface cannot express
 * the case.
 */
import * as crypto from "node:crypto";
import {createMLKEM768} from "@oqs/liboqs-js";
import {bytesOfHex, concat} from "../../../../src/codecs/bytes.js";
import {nativeKemOn} from "../../../../src/node/compute/ml-kem/native.js";
import {guardKem, ML_KEM_LOADERS, type MlKem} from "../../../../src/node/compute/ml-kem.js";
import {builtAddon} from "../../../support/native.js";
import type {Case} from "./cases.js";

/** Whether an answer is right; null when the interface cannot express the case. */
export type Answer = boolean | null;
export interface Path {
  readonly name: string;
  answer(each: Case): Answer;
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const CIPHERTEXT = new Uint8Array(1_088);

/** The result of `make`, or null where it throws: how a refusal is told. */
function orNull<T>(make: () => T): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}
const isAnswer = (made: Uint8Array | null, wanted: Uint8Array | null): boolean =>
  made === null || wanted === null ? made === wanted : same(made, wanted);

/** An implementation that takes all randomness, which expresses every case. */
const whole = (name: string, kem: MlKem): Path => ({
  name,
  answer(each) {
    switch (each.kind) {
      case "keygen": {
        const {publicKey, secretKey} = kem.keygen(each.seed);
        return same(publicKey, each.publicKey) && same(secretKey, each.secretKey);
      }
      case "encapsulate": {
        const made = orNull(() => kem.encapsulate(each.publicKey, each.message));
        if (!made || !each.made) return made === each.made;
        return same(made.ciphertext, each.made.ciphertext) && same(made.secret, each.made.secret);
      }
      case "decapsulate": {
        const {key, ciphertext, secret} = each;
        const secretKey = "seed" in key ? orNull(() => kem.keygen(key.seed).secretKey) : key.secretKey;
        return isAnswer(secretKey && orNull(() => kem.decapsulate(ciphertext, secretKey)), secret);
      }
      case "public key":
        return (orNull(() => kem.encapsulate(each.key, new Uint8Array(32))) !== null) === each.valid;
      case "secret key":
        return (orNull(() => kem.decapsulate(CIPHERTEXT, each.key)) !== null) === each.valid;
    }
  },
});

/** liboqs: its own randomness, so what can be asked is decapsulation with given keys, and which keys it takes. */
async function liboqs(): Promise<Path> {
  const kem = await createMLKEM768();
  return {
    name: "liboqs",
    answer(each) {
      if (each.kind === "public key") return (orNull(() => kem.encapsulate(each.key)) !== null) === each.valid;
      if (each.kind === "secret key")
        return (orNull(() => kem.decapsulate(CIPHERTEXT, each.key)) !== null) === each.valid;
      if (each.kind === "encapsulate")
        return each.made === null ? orNull(() => kem.encapsulate(each.publicKey)) === null : null;
      if (each.kind !== "decapsulate" || "seed" in each.key) return null;
      const {secretKey} = each.key;
      return isAnswer(
        orNull(() => kem.decapsulate(each.ciphertext, secretKey)),
        each.secret,
      );
    },
  };
}

/** Node 24.7 brought these; the types of version 20 know neither. */
interface KemOfNode {
  encapsulate(key: crypto.KeyObject): unknown;
  decapsulate(key: crypto.KeyObject, ciphertext: Uint8Array): Buffer;
}
/** A DER element whose length is true, also around keys that are too long or too short. */
function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = concat(...parts);
  const {length} = body;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concat(Uint8Array.of(tag, ...size), body);
}
/** Of ML-KEM-768 (RFC 9935). */
const ALGORITHM = bytesOfHex("300b0609608648016503040402");
const VERSION = bytesOfHex("020100");

/** PKCS #8 with an expanded key, or with a seed alone. */
const privateKey = (raw: Uint8Array, form: "seed" | "expanded"): crypto.KeyObject => {
  const key = der(0x30, VERSION, ALGORITHM, der(0x04, der(form === "seed" ? 0x80 : 0x04, raw)));
  return crypto.createPrivateKey({key: Buffer.from(key), format: "der", type: "pkcs8"});
};
const PUBLIC_HEAD_BYTES = 22;
const publicKey = (raw: Uint8Array): crypto.KeyObject => {
  const key = der(0x30, ALGORITHM, der(0x03, Uint8Array.of(0), raw));
  return crypto.createPublicKey({key: Buffer.from(key), format: "der", type: "spki"});
};

/** OpenSSL through node:crypto: keys from seeds, and no chosen randomness. */
const openssl = ({encapsulate, decapsulate}: KemOfNode): Path => ({
  name: "openssl",
  answer(each) {
    switch (each.kind) {
      case "keygen": {
        const key = privateKey(each.seed, "seed");
        const pair = crypto.createPublicKey(key).export({format: "der", type: "spki"});
        // The expanded key is the last part of what it writes.
        const secret = key.export({format: "der", type: "pkcs8"}).subarray(-each.secretKey.length);
        return same(pair.subarray(PUBLIC_HEAD_BYTES), each.publicKey) && same(secret, each.secretKey);
      }
      case "encapsulate":
        return each.made === null ? orNull(() => encapsulate(publicKey(each.publicKey))) === null : null;
      case "decapsulate": {
        const {key, ciphertext} = each;
        const made = orNull(() =>
          decapsulate("seed" in key ? privateKey(key.seed, "seed") : privateKey(key.secretKey, "expanded"), ciphertext),
        );
        return isAnswer(made, each.secret);
      }
      case "public key":
        return (orNull(() => encapsulate(publicKey(each.key))) !== null) === each.valid;
      case "secret key":
        return (orNull(() => decapsulate(privateKey(each.key, "expanded"), CIPHERTEXT)) !== null) === each.valid;
    }
  },
});

/** Paths that this machine has: what the program uses, each instruction set of the addon, and peers. */
export async function pathsHere(): Promise<readonly Path[]> {
  const paths: Path[] = [await liboqs()];
  if ("encapsulate" in crypto) paths.push(openssl(crypto as unknown as KemOfNode));
  for (const [name, load] of Object.entries(ML_KEM_LOADERS)) {
    const backend = await load();
    if (backend) paths.push(whole(`${name} as the program calls it`, guardKem(backend)));
  }
  for (const [path, {name, missing}] of (builtAddon?.paths ?? []).entries())
    if (missing === null) paths.push(whole(`native ${name}`, nativeKemOn(builtAddon!, path)));
  return paths;
}
