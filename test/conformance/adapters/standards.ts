/**
 * ML-DSA and ML-KEM as the standards' files ask for them. What the program's own door can express is asked there and of
 * the reference, which have to agree; the rest is the reference alone.
 */
import {sha224, sha256, sha384, sha512, sha512_224, sha512_256} from "@noble/hashes/sha2.js";
import {sha3_224, sha3_256, sha3_384, sha3_512, shake128_32, shake256_64} from "@noble/hashes/sha3.js";
import {ml_dsa44, ml_dsa87} from "@noble/post-quantum/ml-dsa.js";
import {ml_kem768} from "@noble/post-quantum/ml-kem.js";
import {bytesOfHex, concat, equalBytes, hexOf} from "../../../src/codecs/bytes.js";
import {DecodeError, InvariantError} from "../../../src/errors.js";
import {loadMlDsa, type MlDsaLevel, mlDsaSizes} from "../../../src/node/compute/ml-dsa.js";
import {type Adapters, type Input, type Output, UnknownCase} from "../case.js";

/** Last number of 2.16.840.1.101.3.4.2.x, by ACVP's names. */
const HASHES = {
  "SHA2-256": [1, sha256],
  "SHA2-384": [2, sha384],
  "SHA2-512": [3, sha512],
  "SHA2-224": [4, sha224],
  "SHA2-512/224": [5, sha512_224],
  "SHA2-512/256": [6, sha512_256],
  "SHA3-224": [7, sha3_224],
  "SHA3-256": [8, sha3_256],
  "SHA3-384": [9, sha3_384],
  "SHA3-512": [10, sha3_512],
  "SHAKE-128": [11, shake128_32],
  "SHAKE-256": [12, shake256_64],
} as const;
const OID_HEAD = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
const MAX_CONTEXT_BYTES = 255;

const reference = (level: MlDsaLevel) => (level === 44 ? ml_dsa44 : ml_dsa87);
/** ACVP writes hex in capitals, Wycheproof does not. */
const bytesAt = (input: Input, name: string): Uint8Array => bytesOfHex(input.text(name).toLowerCase());
const bytesOr = (input: Input, ...names: readonly string[]): Uint8Array => {
  const name = names.find((each) => input.has(each));
  return name === undefined ? new Uint8Array() : bytesAt(input, name);
};
const capitals = (bytes: Uint8Array): string => hexOf(bytes).toUpperCase();

/** What is signed, M' of FIPS 204 (algorithms 2 to 5), or its digest. */
interface Signed {
  readonly bytes: Uint8Array;
  readonly externalMu: boolean;
  /** The message, where the program's door can express the case. */
  readonly plain: Uint8Array | null;
}

/** @throws DecodeError for a context that is too long, or in a form that has none */
function signedOf(input: Input): Signed {
  const message = bytesOr(input, "message", "msg");
  const context = bytesOr(input, "context", "ctx");
  if (context.length > MAX_CONTEXT_BYTES) throw new DecodeError("CONTEXT_SIZE", "the context is too long");
  const prefixed = (kind: number, body: Uint8Array): Uint8Array =>
    concat(Uint8Array.of(kind, context.length), context, body);
  if (input.has("mu") && !input.has("msg") && !input.has("message"))
    return {bytes: bytesAt(input, "mu"), externalMu: true, plain: null};
  if (input.textOr("signatureInterface") === "internal") return {bytes: message, externalMu: false, plain: null};
  if (input.textOr("preHash") === "preHash") {
    const [last, hash] = HASHES[input.text("hashAlg") as keyof typeof HASHES];
    const body = concat(Uint8Array.of(...OID_HEAD, last), hash(message));
    return {bytes: prefixed(1, body), externalMu: false, plain: null};
  }
  return {bytes: prefixed(0, message), externalMu: false, plain: context.length === 0 ? message : null};
}

async function verified(level: MlDsaLevel, input: Input, names: {key: string; signature: string}): Promise<boolean> {
  const [publicKey, signature] = [bytesAt(input, names.key), bytesAt(input, names.signature)];
  let signed: Signed;
  try {
    signed = signedOf(input);
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
  const {publicKeyBytes, signatureBytes} = mlDsaSizes(level);
  const fits = publicKey.length === publicKeyBytes && signature.length === signatureBytes;
  const {bytes, externalMu, plain} = signed;
  const right = fits && reference(level).internal.verify(signature, bytes, publicKey, {externalMu});
  if (plain && (await loadMlDsa(level)).verify(publicKey, plain, signature) !== right)
    throw new InvariantError("the implementations do not agree");
  return right;
}

function sign(level: MlDsaLevel, input: Input, secretKey: Uint8Array): Uint8Array {
  const {bytes, externalMu} = signedOf(input);
  const extraEntropy = input.has("rnd") ? bytesAt(input, "rnd") : (false as const);
  return reference(level).internal.sign(bytes, secretKey, {externalMu, extraEntropy});
}

const acvpLevel = (input: Input): MlDsaLevel => {
  const level = {"ML-DSA-44": 44, "ML-DSA-87": 87}[input.text("parameterSet")] as MlDsaLevel | undefined;
  if (level === undefined) throw new UnknownCase(`no such parameter set here: ${input.text("parameterSet")}`);
  return level;
};

/** Wycheproof's answer; noble throws what it refuses. */
async function result(make: () => Output | Promise<Output>): Promise<Output> {
  try {
    return {result: "valid", ...((await make()) as object)};
  } catch (error) {
    if (error instanceof UnknownCase || error instanceof InvariantError) throw error;
    return {result: "invalid"};
  }
}

const wycheproofMlDsa = (level: MlDsaLevel) => async (input: Input) => {
  if (input.text("type") === "MlDsaVerify")
    return {result: (await verified(level, input, {key: "publicKey", signature: "sig"})) ? "valid" : "invalid"};
  return result(() => {
    const key = input.has("privateSeed")
      ? reference(level).keygen(bytesAt(input, "privateSeed")).secretKey
      : bytesAt(input, "privateKey");
    return {sig: hexOf(sign(level, input, key))};
  });
};

/** A decapsulation key holds its encapsulation key and that one's digest (FIPS 203, section 7.3). */
function checkDecapsulationKey(key: Uint8Array): boolean {
  const {publicKey: ekBytes, secretKey: dkBytes} = ml_kem768.lengths;
  if (key.length !== dkBytes) return false;
  const at = dkBytes! - ekBytes! - 64;
  return equalBytes(sha3_256(key.subarray(at, at + ekBytes!)), key.subarray(at + ekBytes!, at + ekBytes! + 32));
}

/** Whether noble takes it: it checks length and modulus before it encapsulates. */
function checkEncapsulationKey(key: Uint8Array): boolean {
  try {
    ml_kem768.encapsulate(key, new Uint8Array(32));
    return true;
  } catch {
    return false;
  }
}

function acvpMlKem(input: Input): Output {
  switch (input.text("function")) {
    case "encapsulation": {
      const {cipherText, sharedSecret} = ml_kem768.encapsulate(bytesAt(input, "ek"), bytesAt(input, "m"));
      return {c: capitals(cipherText), k: capitals(sharedSecret)};
    }
    case "decapsulation":
      return {k: capitals(ml_kem768.decapsulate(bytesAt(input, "c"), bytesAt(input, "dk")))};
    case "decapsulationKeyCheck":
      return {testPassed: checkDecapsulationKey(bytesAt(input, "dk"))};
    case "encapsulationKeyCheck":
      return {testPassed: checkEncapsulationKey(bytesAt(input, "ek"))};
    default:
      throw new UnknownCase(`no adapter for function ${input.text("function")}`);
  }
}

function wycheproofMlKem(input: Input): Promise<Output> {
  return result(() => {
    switch (input.text("type")) {
      case "MLKEMKeyGen": {
        const {publicKey, secretKey} = ml_kem768.keygen(bytesAt(input, "seed"));
        return {ek: hexOf(publicKey), dk: hexOf(secretKey)};
      }
      case "MLKEMEncapsTest": {
        const {cipherText, sharedSecret} = ml_kem768.encapsulate(bytesAt(input, "ek"), bytesAt(input, "m"));
        return {c: hexOf(cipherText), K: hexOf(sharedSecret)};
      }
      case "MLKEMTest": {
        const {publicKey, secretKey} = ml_kem768.keygen(bytesAt(input, "seed"));
        return {ek: hexOf(publicKey), K: hexOf(ml_kem768.decapsulate(bytesAt(input, "c"), secretKey))};
      }
      default:
        throw new UnknownCase(`no adapter for type ${input.text("type")}`);
    }
  });
}

export const standardAdapters: Adapters = {
  "acvp/ML-DSA/keyGen": async (input) => {
    const level = acvpLevel(input);
    const seed = bytesAt(input, "seed");
    const {publicKey, secretKey} = reference(level).keygen(seed);
    const ours = (await loadMlDsa(level)).keygenFromSeed(seed);
    if (!equalBytes(ours.publicKey, publicKey) || !equalBytes(ours.secretKey, secretKey))
      throw new InvariantError("the implementations do not agree");
    return {pk: capitals(publicKey), sk: capitals(secretKey)};
  },
  "acvp/ML-DSA/sigGen": (input) => ({signature: capitals(sign(acvpLevel(input), input, bytesAt(input, "sk")))}),
  "acvp/ML-DSA/sigVer": async (input) => ({
    testPassed: await verified(acvpLevel(input), input, {key: "pk", signature: "signature"}),
  }),
  "acvp/ML-KEM/keyGen": (input) => {
    const {publicKey, secretKey} = ml_kem768.keygen(concat(bytesAt(input, "d"), bytesAt(input, "z")));
    return {ek: capitals(publicKey), dk: capitals(secretKey)};
  },
  "acvp/ML-KEM/encapDecap": acvpMlKem,
  "wycheproof/ML-DSA-44": wycheproofMlDsa(44),
  "wycheproof/ML-DSA-87": wycheproofMlDsa(87),
  "wycheproof/ML-KEM": wycheproofMlKem,
};
