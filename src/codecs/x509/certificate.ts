/**
 * X.509 certificates (RFC 5280) as path validation needs them. Parsing is @peculiar/asn1-x509's; what is kept here is
 * plain values, so that the rules around it depend on no ASN.1 library.
 */
import {AsnConvert} from "@peculiar/asn1-schema";
import {BasicConstraints, Certificate as CertificateAsn, KeyUsage, KeyUsageFlags, type Name} from "@peculiar/asn1-x509";
import {DecodeError} from "../../errors.js";
import {plain} from "../bytes.js";
import {readValidity, type Validity} from "./validity.js";

/** Longest certificate that is looked at, in bytes of DER. */
export const CERTIFICATE_MAX_BYTES = 16_384;

export interface Extension {
  /** Dotted object id. */
  readonly id: string;
  readonly critical: boolean;
  /** DER inside the octet string. */
  readonly value: Uint8Array;
}

export interface Certificate extends Validity {
  readonly der: Uint8Array;
  /** What the issuer signed. */
  readonly signed: Uint8Array;
  /** Dotted object id of the signature's algorithm. */
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
  /** 1, 2 or 3. */
  readonly version: number;
  /** DER of the name. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Empty where the subject has none. */
  readonly commonName: string;
  /** DER of the SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** Null without the extension. */
  readonly basicConstraints: {readonly isCa: boolean; readonly pathLength: number | null} | null;
  /** Whether the key may sign certificates; null where usage is not restricted. */
  readonly maySignCertificates: boolean | null;
  readonly extensions: readonly Extension[];
}

const BASIC_CONSTRAINTS = "2.5.29.19";
const KEY_USAGE = "2.5.29.15";
const COMMON_NAME = "2.5.4.3";

/** The certificate of exactly these bytes. @throws DecodeError CERTIFICATE_INVALID */
export function decodeCertificate(der: Uint8Array): Certificate {
  try {
    if (der.length > CERTIFICATE_MAX_BYTES || !isOneElement(der))
      throw new DecodeError("CERTIFICATE_INVALID", "not one DER element");
    return viewOf(der, AsnConvert.parse(der, CertificateAsn));
  } catch (cause) {
    throw new DecodeError("CERTIFICATE_INVALID", "x509: malformed certificate", {cause});
  }
}

function viewOf(der: Uint8Array, {tbsCertificate, tbsCertificateRaw, ...outer}: CertificateAsn): Certificate {
  const {version, signature} = tbsCertificate;
  if (signature.algorithm !== outer.signatureAlgorithm.algorithm)
    throw new DecodeError("CERTIFICATE_INVALID", "inner and outer algorithm differ");
  if (!tbsCertificateRaw) throw new DecodeError("CERTIFICATE_INVALID", "nothing is signed");
  const extensions = [...(tbsCertificate.extensions ?? [])].map(({extnID, critical, extnValue}) => ({
    id: extnID,
    critical,
    value: bytesOf(extnValue.buffer),
  }));
  if (new Set(extensions.map(({id}) => id)).size < extensions.length)
    throw new DecodeError("CERTIFICATE_INVALID", "an extension occurs twice");
  const contentOf = (wanted: string) => extensions.find(({id}) => id === wanted)?.value;
  return {
    der,
    signed: bytesOf(tbsCertificateRaw),
    signatureAlgorithm: signature.algorithm,
    signature: bytesOf(outer.signatureValue),
    version: version + 1,
    issuer: bytesOf(AsnConvert.serialize(tbsCertificate.issuer)),
    subject: bytesOf(AsnConvert.serialize(tbsCertificate.subject)),
    commonName: commonNameOf(tbsCertificate.subject),
    ...readValidity(bytesOf(tbsCertificateRaw)),
    publicKey: bytesOf(AsnConvert.serialize(tbsCertificate.subjectPublicKeyInfo)),
    basicConstraints: constraintsOf(contentOf(BASIC_CONSTRAINTS)),
    maySignCertificates: usageOf(contentOf(KEY_USAGE)),
    extensions,
  };
}

function constraintsOf(value: Uint8Array | undefined): Certificate["basicConstraints"] {
  if (!value) return null;
  const {cA, pathLenConstraint} = AsnConvert.parse(value, BasicConstraints);
  return {isCa: cA, pathLength: pathLenConstraint ?? null};
}

const usageOf = (value: Uint8Array | undefined): boolean | null =>
  value ? (AsnConvert.parse(value, KeyUsage).toNumber() & KeyUsageFlags.keyCertSign) !== 0 : null;

/** The last one counts where a name has several, as Go reads it. */
function commonNameOf(name: Name): string {
  const names = [...name].flatMap((relative) => [...relative]).filter(({type}) => type === COMMON_NAME);
  return names.at(-1)?.value.toString() ?? "";
}

const bytesOf = (buffer: ArrayBuffer): Uint8Array => plain(new Uint8Array(buffer));

/** A DER sequence with a definite length that ends where the bytes end: the parser itself ignores what follows. */
function isOneElement(der: Uint8Array): boolean {
  const first = der[1] ?? 0x80;
  if (der[0] !== 0x30 || first === 0x80) return false;
  if (first < 0x80) return der.length === 2 + first;
  let size = 0;
  for (const byte of der.subarray(2, 2 + (first & 0x7f))) size = size * 256 + byte;
  return der.length === 2 + (first & 0x7f) + size;
}
