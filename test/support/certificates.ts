/** Certificate chains with real keys, made by a library that the program does not verify with. */
// Before the library, whose dependency injection asks for it.
import "reflect-metadata";
import {KeyObject, sign, type webcrypto} from "node:crypto";
import {
  BasicConstraintsExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import {plain} from "../../src/codecs/bytes.js";
import {type Certificate, decodeCertificate} from "../../src/codecs/x509/certificate.js";

type Curve = "P-256" | "P-384" | "P-521";
const HASHES = {"P-256": "SHA-256", "P-384": "SHA-384", "P-521": "SHA-512"} as const;

/** Somebody with a certificate and the key to it. */
export interface Issued {
  readonly certificate: Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly curve: Curve;
  readonly subject: string;
}

export interface Wish {
  /** Without `CN=`. */
  readonly name: string;
  /** Absent for a root. */
  readonly issuer?: Issued;
  /** Makes it a certificate authority unless false. */
  readonly ca?: boolean;
  readonly pathLength?: number;
  readonly curve?: Curve;
  /** Instead of the usual constraints and usage. */
  readonly extensions?: readonly Extension[];
  /** Added to the usual ones. */
  readonly also?: readonly Extension[];
  readonly notBefore?: string;
  readonly notAfter?: string;
  /** Key of somebody else. */
  readonly keys?: webcrypto.CryptoKeyPair;
  readonly algorithm?: "ECDSA" | "RSA" | "RSA-PSS" | "Ed25519";
}

export const keyUsage = (flags: number): Extension => new KeyUsagesExtension(flags, true);
export const constraints = (isCa: boolean, pathLength?: number): Extension =>
  new BasicConstraintsExtension(isCa, pathLength, true);
export {Extension, KeyUsageFlags};

let serial = 1;

const KEYS = {
  ECDSA: (namedCurve: Curve) => ({name: "ECDSA", namedCurve}),
  RSA: () => ({
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    publicExponent: Uint8Array.of(1, 0, 1),
    modulusLength: 2_048,
  }),
  "RSA-PSS": () => ({name: "RSA-PSS", hash: "SHA-384", publicExponent: Uint8Array.of(1, 0, 1), modulusLength: 2_048}),
  Ed25519: () => ({name: "Ed25519"}),
} as const;

const signing = (name: string, curve: Curve) => {
  if (name === "ECDSA") return {name, hash: HASHES[curve]};
  return name === "RSA-PSS" ? {name, hash: "SHA-384", saltLength: 48} : {name};
};

/** A certificate as wished, valid from 2020 to 2050 unless said otherwise. */
export async function issue(wish: Wish): Promise<Issued> {
  const {name, issuer, ca = true, curve = "P-384", algorithm = "ECDSA"} = wish;
  const keys =
    wish.keys ??
    ((await crypto.subtle.generateKey(KEYS[algorithm](curve), true, ["sign", "verify"])) as Issued["keys"]);
  const usage = ca ? KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign : KeyUsageFlags.digitalSignature;
  const usual = [constraints(ca, wish.pathLength), keyUsage(usage)];
  const subject = `CN=${name}`;
  const signer = issuer ?? {keys, curve, subject};
  const made = await X509CertificateGenerator.create({
    serialNumber: (serial++).toString(16).padStart(4, "0"),
    subject,
    issuer: signer.subject,
    notBefore: new Date(wish.notBefore ?? "2020-01-01T00:00:00Z"),
    notAfter: new Date(wish.notAfter ?? "2050-01-01T00:00:00Z"),
    signingAlgorithm: signing(signer.keys.privateKey.algorithm.name, signer.curve),
    publicKey: keys.publicKey,
    signingKey: signer.keys.privateKey,
    extensions: [...(wish.extensions ?? usual), ...(wish.also ?? [])],
  });
  return {certificate: decodeCertificate(new Uint8Array(made.rawData)), keys, curve, subject};
}

/** An ECDSA signature of `message` under the subject's key. */
export const signAs = (
  {keys}: Issued,
  message: Uint8Array,
  {hash, form}: {hash: string; form: "der" | "raw"},
): Uint8Array =>
  plain(
    sign(hash, message, {
      key: KeyObject.from(keys.privateKey),
      dsaEncoding: form === "der" ? "der" : "ieee-p1363",
    }),
  );

/** The subject's private key in PEM, as a file holds it. */
export const exportKey = ({keys}: Issued): string =>
  KeyObject.from(keys.privateKey).export({format: "pem", type: "pkcs8"}).toString();
