/**
 * Each implementation that the program verifies with, through the whole of its interface, as far as that goes. Null is
 * an answer: the interface cannot express the case.
 */
import * as crypto from "node:crypto";
import {sha224, sha256, sha384, sha512, sha512_224, sha512_256} from "@noble/hashes/sha2.js";
import {sha3_224, sha3_256, sha3_384, sha3_512, shake128_32, shake256_64} from "@noble/hashes/sha3.js";
import {ml_dsa44, ml_dsa87} from "@noble/post-quantum/ml-dsa.js";
import {bytesOfHex, concat} from "../../../../src/codecs/bytes.js";
import {
  guardSizes,
  ML_DSA_LOADERS,
  type MlDsa,
  type MlDsaLevel,
  mlDsaSizes,
} from "../../../../src/node/compute/ml-dsa.js";
import {type Addon, SIGNED_FORM} from "../../../../src/node/compute/native/addon.js";
import {builtAddon} from "../../../support/native.js";
import type {Case, KeygenCase, SignCase, Signed, VerifyCase} from "./cases.js";

/** Whether an answer is right; null when the interface cannot express the case. */
export type Answer = boolean | null;
export interface Path {
  readonly name: string;
  answer(each: Case): Answer;
}

const HASHES = {
  "SHA2-224": sha224,
  "SHA2-256": sha256,
  "SHA2-384": sha384,
  "SHA2-512": sha512,
  "SHA2-512/224": sha512_224,
  "SHA2-512/256": sha512_256,
  "SHA3-224": sha3_224,
  "SHA3-256": sha3_256,
  "SHA3-384": sha3_384,
  "SHA3-512": sha3_512,
  "SHAKE-128": shake128_32,
  "SHAKE-256": shake256_64,
} as const;

const suiteOf = (level: MlDsaLevel) => (level === 44 ? ml_dsa44 : ml_dsa87);
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** The result of `make`, or null where it throws: how a refusal is told. */
function orNull<T>(make: () => T): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}

/** HashML-DSA, or null where noble refuses the hash as too weak for the level. */
const prehashOf = (level: MlDsaLevel, hash: string) =>
  orNull(() => suiteOf(level).prehash(HASHES[hash as keyof typeof HASHES]));

const nobleKeygen = ({level, seed, publicKey, secretKey}: KeygenCase): boolean => {
  const pair = suiteOf(level).keygen(seed);
  return same(pair.publicKey, publicKey) && same(pair.secretKey, secretKey);
};

function nobleSign({level, signed, key, rnd, signature}: SignCase): Answer {
  const suite = suiteOf(level);
  const extraEntropy = rnd ?? (false as const);
  const prehash = signed.form === "prehash" ? prehashOf(level, signed.hash) : null;
  if (signed.form === "prehash" && !prehash) return null;
  const made = orNull(() => {
    const secretKey = "seed" in key ? suite.keygen(key.seed).secretKey : key.secretKey;
    if (signed.form === "pure") return suite.sign(signed.message, secretKey, {context: signed.context, extraEntropy});
    if (signed.form === "prehash")
      return prehash!.sign(signed.message, secretKey, {context: signed.context, extraEntropy});
    return suite.internal.sign(signed.message, secretKey, {externalMu: signed.form === "mu", extraEntropy});
  });
  return signature === null || made === null ? made === signature : same(made, signature);
}

function nobleVerify({level, signed, publicKey, signature, valid}: VerifyCase): Answer {
  const suite = suiteOf(level);
  const prehash = signed.form === "prehash" ? prehashOf(level, signed.hash) : null;
  if (signed.form === "prehash" && !prehash) return null;
  const verified = orNull(() => {
    if (signed.form === "pure") return suite.verify(signature, signed.message, publicKey, {context: signed.context});
    if (signed.form === "prehash")
      return prehash!.verify(signature, signed.message, publicKey, {context: signed.context});
    return suite.internal.verify(signature, signed.message, publicKey, {externalMu: signed.form === "mu"});
  });
  return (verified ?? false) === valid;
}

const noble: Path = {
  name: "noble",
  answer: (each) =>
    each.kind === "keygen" ? nobleKeygen(each) : each.kind === "sign" ? nobleSign(each) : nobleVerify(each),
};

/** The program's own door, which has neither contexts nor chosen randomness; here it verifies. */
const door = (name: string, suites: ReadonlyMap<MlDsaLevel, MlDsa>): Path => ({
  name,
  answer(each) {
    if (each.kind !== "verify" || each.signed.form !== "pure" || each.signed.context.length > 0) return null;
    const {level, publicKey, signed, signature, valid} = each;
    return suites.get(level)!.verify(publicKey, signed.message, signature) === valid;
  },
});

/** PKCS #8 with the seed alone, up to the seed (RFC 9881). */
const SEED_HEAD = {
  44: bytesOfHex("3034020100300b060960864801650304031104228020"),
  87: bytesOfHex("3034020100300b060960864801650304031304228020"),
} as const;
/** SubjectPublicKeyInfo whose lengths are true, also around keys that are too long or too short. */
function spki(level: MlDsaLevel, raw: Uint8Array): Buffer {
  const size = (bytes: number): number[] => [0x82, bytes >> 8, bytes & 0xff];
  const algorithm = bytesOfHex(`300b06096086480165030403${level === 44 ? "11" : "13"}`);
  const outer = [0x30, ...size(algorithm.length + 4 + 1 + raw.length)];
  return Buffer.from([...outer, ...algorithm, 0x03, ...size(raw.length + 1), 0x00, ...raw]);
}

/** OpenSSL through the whole of node:crypto's interface: contexts, and keys from seeds. */
const openssl: Path = {
  name: "openssl",
  answer(each) {
    const {level} = each;
    if (each.kind === "keygen") {
      const key = Buffer.from(concat(SEED_HEAD[level], each.seed));
      const pair = crypto.createPublicKey(crypto.createPrivateKey({key, format: "der", type: "pkcs8"}));
      return same(pair.export({format: "der", type: "spki"}), spki(level, each.publicKey));
    }
    // Signing takes no chosen randomness.
    if (each.kind === "sign" || each.signed.form !== "pure") return null;
    const {message, context} = each.signed;
    const verified = orNull(() => {
      const key = crypto.createPublicKey({key: spki(level, each.publicKey), format: "der", type: "spki"});
      // Node's types of version 20 know no context.
      return crypto.verify(null, message, {key, context} as crypto.VerifyKeyObjectInput, each.signature);
    });
    return (verified ?? false) === each.valid;
  },
};

/** Object identifiers of the hashes in DER, without the arc 2.16.840.1.101.3.4.2 that they share. */
const HASH_ARC = bytesOfHex("06096086480165030402");
const HASH_NUMBERS: Readonly<Record<string, number>> = {
  "SHA2-256": 1,
  "SHA2-384": 2,
  "SHA2-512": 3,
  "SHA2-224": 4,
  "SHA2-512/224": 5,
  "SHA2-512/256": 6,
  "SHA3-224": 7,
  "SHA3-256": 8,
  "SHA3-384": 9,
  "SHA3-512": 10,
  "SHAKE-128": 11,
  "SHAKE-256": 12,
};

/** A signed message as the addon takes it; HashML-DSA (FIPS 204, algorithms 4 and 5) is made into M' here. */
export function nativeForm(signed: Signed): {form: number; message: Uint8Array; context: Uint8Array} {
  const none = new Uint8Array();
  if (signed.form === "pure") return {form: SIGNED_FORM.pure, message: signed.message, context: signed.context};
  if (signed.form !== "prehash") return {form: SIGNED_FORM[signed.form], message: signed.message, context: none};
  const {message, context, hash} = signed;
  const digest = HASHES[hash as keyof typeof HASHES](message);
  const head = Uint8Array.of(1, context.length);
  const prefixed = concat(head, context, HASH_ARC, Uint8Array.of(HASH_NUMBERS[hash]!), digest);
  return {form: SIGNED_FORM.internal, message: prefixed, context: none};
}

function nativeKeygen(addon: Addon, path: number, each: KeygenCase): boolean {
  const publicKey = new Uint8Array(each.publicKey.length);
  const secretKey = new Uint8Array(each.secretKey.length);
  addon.mlDsaKeygen(path, each.level, each.seed, publicKey, secretKey);
  return same(publicKey, each.publicKey) && same(secretKey, each.secretKey);
}

function nativeSign(addon: Addon, path: number, {level, signed, key, rnd, signature}: SignCase): boolean {
  const {publicKeyBytes, secretKeyBytes, signatureBytes} = mlDsaSizes(level);
  const secretKey = "seed" in key ? new Uint8Array(secretKeyBytes) : key.secretKey;
  // The addon throws for another size and gives null for bytes that are no key.
  const signer = orNull(() => {
    if ("seed" in key) addon.mlDsaKeygen(path, level, key.seed, new Uint8Array(publicKeyBytes), secretKey);
    return addon.mlDsaSigner(path, level, secretKey);
  });
  if (!signer) return signature === null;
  const {form, message, context} = nativeForm(signed);
  const made = new Uint8Array(signatureBytes);
  const refusal = addon.mlDsaSign(path, signer, form, message, context, rnd ?? new Uint8Array(32), made);
  addon.mlDsaForget(signer);
  return signature === null ? refusal !== 0 : refusal === 0 && same(made, signature);
}

function nativeVerify(addon: Addon, path: number, {level, signed, publicKey, signature, valid}: VerifyCase): boolean {
  const {form, message, context} = nativeForm(signed);
  const [verdict] = addon.mlDsaVerify(path, level, form, [publicKey], [message], [context], [signature]);
  return (verdict === 0) === valid;
}

/** The addon on one of its instruction sets, through the whole of its interface. */
const native = (addon: Addon, path: number): Path => ({
  name: `native ${addon.paths[path]!.name}`,
  answer: (each) =>
    each.kind === "keygen"
      ? nativeKeygen(addon, path, each)
      : each.kind === "sign"
        ? nativeSign(addon, path, each)
        : nativeVerify(addon, path, each),
});

/** Paths that this machine has: what the program uses, and behind it what its interface does not show. */
export async function pathsHere(): Promise<readonly Path[]> {
  const paths: Path[] = [noble];
  for (const [name, load] of Object.entries(ML_DSA_LOADERS)) {
    const suites = new Map<MlDsaLevel, MlDsa>();
    for (const level of [44, 87] as const) {
      const backend = await load(level);
      if (backend) suites.set(level, guardSizes(level, backend));
    }
    if (suites.size === 0) continue;
    paths.push(door(`${name} as the program calls it`, suites));
    if (name === "openssl") paths.push(openssl);
  }
  for (const [path, {missing}] of (builtAddon?.paths ?? []).entries())
    if (missing === null) paths.push(native(builtAddon!, path));
  return paths;
}
