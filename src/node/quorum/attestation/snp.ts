/**
 * Attestation by AMD SEV-SNP: the processor's own key signs what was launched, and certificates tie that key to the chip, to
 * its firmware's versions, and to AMD.
 *
 * Source: AMD 56860 (firmware ABI) for the report, AMD 57230 (VCEK certificate and KDS interface) for the certificates.
 */
import type * as Crypto from "node:crypto";
import {equalBytes} from "../../../codecs/bytes.js";
import {sha256} from "../../../codecs/hash.js";
import {snpEvidence} from "../../../codecs/quorum/strict/attestation.js";
import {readSnpReport, type SnpReport, type Tcb} from "../../../codecs/quorum/strict/snp-report.js";
import {type Certificate, decodeCertificate} from "../../../codecs/x509/certificate.js";
import {type AttestationVerifier, reject} from "./verifier.js";

const crypto = (): typeof Crypto => process.getBuiltinModule("node:crypto");

/** RSASSA-PSS. AMD signs with SHA-384, MGF1 of it, and as long a salt. */
const RSA_PSS = "1.2.840.113549.1.1.10";
const SALT_BYTES = 48;
/** AMD's extensions of a chip's certificate. */
const AMD = "1.3.6.1.4.1.3704.1";
const VERSION_OIDS: Readonly<Record<keyof Tcb, string>> = {
  bootloader: `${AMD}.3.1`,
  tee: `${AMD}.3.2`,
  snp: `${AMD}.3.3`,
  microcode: `${AMD}.3.8`,
};
const CHIP_OID = `${AMD}.4`;
/** In the order of the kind's names. */
const PARTS = ["bootloader", "tee", "snp", "microcode"] as const;

export const snpVerifier: AttestationVerifier = {
  kind: "sev-snp",
  verify(bytes, userData, {nowMs}) {
    const evidence = snpEvidence.decode(bytes);
    const report = readSnpReport(evidence.report);
    const vcek = decodeCertificate(evidence.vcek);
    const ark = decodeCertificate(evidence.ark);
    checkChain({vcek, ask: decodeCertificate(evidence.ask), ark}, BigInt(nowMs));
    checkReport(report, vcek);
    if (!equalBytes(report.userData, userData))
      reject("the report was made for other keys, another roster or another nonce");
    checkGuest(report);
    const {measurement, reportedTcb, launchTcb} = report;
    const versions = PARTS.map((name) => Math.min(reportedTcb[name], launchTcb[name]));
    return {measurement, anchor: sha256(ark.der), versions};
  },
};

type Chain = Readonly<Record<"vcek" | "ask" | "ark", Certificate>>;

/** The root signed itself and AMD's signing key, which signed the chip's. */
function checkChain({vcek, ask, ark}: Chain, nowMs: bigint): void {
  const named = [
    {what: "chip's certificate (VCEK)", of: vcek, by: ask, isCa: false},
    {what: "certificate of AMD's signing key (ASK)", of: ask, by: ark, isCa: true},
    {what: "certificate of AMD's root (ARK)", of: ark, by: ark, isCa: true},
  ];
  for (const {what, of, by, isCa} of named) {
    if (nowMs < of.notBeforeMs || nowMs > of.notAfterMs) reject(`the ${what} is not valid at this time`);
    if (!equalBytes(of.issuer, by.subject)) reject(`the ${what} is of another issuer`);
    if (isCa && !(of.basicConstraints?.isCa && of.maySignCertificates === true))
      reject(`the ${what} may not sign certificates`);
    if (!isIssuedBy(of, by)) reject(`the signature of the ${what} does not verify`);
  }
}

function isIssuedBy({signed, signature, signatureAlgorithm}: Certificate, by: Certificate): boolean {
  const key = keyOf(by);
  if (signatureAlgorithm !== RSA_PSS || key.asymmetricKeyType !== "rsa") return false;
  const {verify, constants} = crypto();
  return verify("sha384", signed, {key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: SALT_BYTES}, signature);
}

function keyOf({publicKey}: Certificate): Crypto.KeyObject {
  try {
    return crypto().createPublicKey({key: Buffer.from(publicKey), format: "der", type: "spki"});
  } catch (cause) {
    return reject("a certificate has no key that can be used", {cause});
  }
}

/** The chip's key signed the report, and is of the chip and the versions that the report names. */
function checkReport(report: SnpReport, vcek: Certificate): void {
  const {signed, signature, signingKey, chipMasked, chipId, reportedTcb} = report;
  if (signingKey !== 0)
    reject(`the report is signed by key ${signingKey}, want 0, the chip's own (VCEK)`, {
      hint: "keys of a cloud's operator (VLEK) are not accepted",
    });
  if (vcek.commonName !== "SEV-VCEK") reject(`a certificate of "${vcek.commonName}" stands where SEV-VCEK belongs`);
  const key = keyOf(vcek);
  if (key.asymmetricKeyDetails?.namedCurve !== "secp384r1") reject("the chip's key is not on P-384");
  if (!crypto().verify("sha384", signed, {key, dsaEncoding: "ieee-p1363"}, signature))
    reject("the report's signature does not verify");
  if (chipMasked || !equalBytes(contentOf(vcek, CHIP_OID), chipId))
    reject("the report is of another chip than the certificate");
  for (const name of PARTS)
    if (integerOf(vcek, VERSION_OIDS[name]) !== reportedTcb[name])
      reject(`the report names another ${name} version than the certificate`, {
        hint: "a chip has another certificate after its firmware was changed: get that one from AMD's KDS",
      });
}

/** What would let the host in. */
function checkGuest({policy, vmpl}: SnpReport): void {
  if (policy.debug) reject("the guest's policy lets the host read its memory for debugging");
  if (policy.migratable) reject("the guest's policy lets a migration agent move it to other machines");
  if (vmpl !== 0) reject(`the report was asked for at privilege level ${vmpl}, want 0`);
}

const contentOf = ({extensions}: Certificate, id: string): Uint8Array =>
  extensions.find((each) => each.id === id)?.value ?? reject(`the chip's certificate has no extension ${id}`);

/** A DER integer of one byte, which may have a zero before it. */
function integerOf(certificate: Certificate, id: string): number {
  const [tag, size, ...content] = contentOf(certificate, id);
  const [value, ...more] = content[0] === 0 && content.length === 2 ? content.slice(1) : content;
  if (tag !== 0x02 || size !== content.length || value === undefined || more.length > 0)
    return reject(`extension ${id} of the chip's certificate is no version`);
  return value;
}
