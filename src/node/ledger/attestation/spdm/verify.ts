/**
 * Evidence of type `nvidia-spdm-v1`: what the GPU itself measured and signed (docs/decisions/0031-spdm-reports.md).
 *
 * The leaf certifies a key that changes with the firmware; the device is the key that issued it, which is burnt in.
 */
import {equalBytes} from "../../../../codecs/bytes.js";
import {compareVersions} from "../../../../codecs/mining/cc-quote.js";
import type {Proof} from "../../../../codecs/mining/proof.js";
import {type SpdmBundle, spdmNonce} from "../../../../codecs/mining/spdm-bundle.js";
import {
  driverVersionOf,
  firmwareIdOf,
  type SpdmReport,
  signedPart,
  spdmReport,
  vbiosVersionOf,
} from "../../../../codecs/mining/spdm-report.js";
import type {Certificate} from "../../../../codecs/x509/certificate.js";
import {DecodeError} from "../../../../errors.js";
import type {Belief, EvidenceOwner} from "../against.js";
import {type Architecture, architectureOf} from "../architecture.js";
import {ecdsaKeyOf, followChain, readChain} from "../cc/chain.js";
import {verifyEcdsa} from "../cc/signature.js";
import {checkEnrolledDevice, pinned} from "../cc/strict.js";
import {checkFloor} from "../cc/verify.js";
import {checkNotDenied} from "../deny-list.js";
import {failureIn} from "../quoted.js";
import {checkReference} from "./reference.js";

const fail: ReturnType<typeof failureIn> = failureIn("spdm");

function decoded<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    return fail("bundle_malformed", `${what}: ${cause.message}`, cause);
  }
}

/** The report answers this solution's challenge, under the key of the enrolled device. @throws AttestationError */
export function checkSpdmOwn(bundle: SpdmBundle, proof: Proof, {nodeId, gpuUuid}: EvidenceOwner): void {
  const {challenge} = bundle;
  const {nonce, issuedAt} = proof.attestation;
  if (!equalBytes(challenge.nonce, nonce)) fail("nonce_mismatch", "the bundle's challenge is not the proof's");
  if (challenge.issuedAt !== issuedAt) fail("nonce_mismatch", "the bundle's challenge has another time than the proof");
  const {report, device} = readSignedReport(bundle);
  if (!equalBytes(report.requestNonce, spdmNonce(proof, {nodeId, challenge})))
    fail("signature_invalid", "the report answers another nonce than the one of this solution");
  checkEnrolledDevice("spdm", device, gpuUuid);
}

/** A report and the certificates behind it. */
export type CertifiedReport = Pick<SpdmBundle, "certChain" | "report">;

/** The report, which the leaf's key signed, and the device that the leaf belongs to. @throws AttestationError */
export function readSignedReport(bundle: CertifiedReport): {
  readonly report: SpdmReport;
  readonly device: Certificate;
} {
  const report = decoded("report", () => spdmReport.decode(bundle.report));
  const [leaf, device] = chainOf(bundle);
  checkReportSignature(leaf, report, bundle.report);
  return {report, device};
}

type DeviceChain = readonly [Certificate, Certificate, ...Certificate[]];

function chainOf({certChain}: Pick<CertifiedReport, "certChain">): DeviceChain {
  const [leaf, device, ...others] = readChain("spdm", certChain);
  if (!device) return fail("bundle_malformed", "the leaf's issuer is missing");
  return [leaf, device, ...others];
}

/** The leaf's key signed request and answer. @throws AttestationError */
export function checkReportSignature(leaf: Certificate, {signature}: SpdmReport, raw: Uint8Array): void {
  const key = ecdsaKeyOf("spdm", leaf);
  if (key.curve !== "secp384r1") fail("signature_invalid", `leaf key is on ${key.curve}, want secp384r1`);
  if (!verifyEcdsa(key, {hash: "sha384", form: "raw"}, {message: signedPart(raw), signature}))
    fail("signature_invalid", "the report's signature does not verify");
}

/** The device is NVIDIA's, its software not too old, and measured as the chain expects. @throws AttestationError */
export function checkSpdmBelieved(bundle: CertifiedReport, {gpuArch, trust, deniedGpus, nowMs}: Belief): void {
  const known = pinned("spdm", trust);
  const chain = chainOf(bundle);
  const path = followChain("spdm", chain, {roots: known.roots, nowMs});
  // Whoever may issue certificates could put its own device behind somebody else's leaf.
  if (!path[1] || !equalBytes(path[1].der, chain[1].der))
    fail("signature_invalid", "the chain is not in order of issue");
  checkNotDenied("spdm", chain[0].commonName, deniedGpus);
  checkChip(gpuArch, chain[0].commonName);
  const report = decoded("report", () => spdmReport.decode(bundle.report));
  checkFirmwareId(chain[0], report);
  const driver = decoded("report", () => driverVersionOf(report));
  const firmware = decoded("report", () => vbiosVersionOf(report));
  checkFloor("firmware_ver", firmware, known.minFirmware, compareVersions);
  checkFloor("driver_ver", driver, known.minDriver, compareVersions);
  checkReference(known.references, {driver, firmware}, report.measurements);
}

/** Chips by the letters that NVIDIA's certificates begin with. */
const CHIPS: Readonly<Record<string, Architecture>> = {GH: "hopper", GB: "blackwell"};

/** `GH100 A01 GSP FMC LF` is a Hopper. @throws AttestationError */
function checkChip(gpuArch: string, commonName: string): void {
  const chip = /^(G[A-Z])[0-9][0-9A-Z]{2}\b/.exec(commonName)?.[1];
  const architecture = (chip && Object.hasOwn(CHIPS, chip) ? CHIPS[chip] : undefined) ?? null;
  if (!architecture) fail("signature_invalid", `certificate of "${commonName}", a chip that is not known`);
  if (architectureOf(gpuArch) !== architecture)
    fail("signature_invalid", `certificate of "${commonName}", the proof claims "${gpuArch}"`);
}

/** TCG's DICE: the certificate of a firmware's key ends with that firmware's digest, an octet string of 48 bytes. */
const DICE = "2.23.133.5.4.1";

/** The firmware that the report names is the one that the leaf was issued to. @throws AttestationError */
function checkFirmwareId({extensions}: Certificate, report: SpdmReport): void {
  const named = firmwareIdOf(report);
  if (named === null) return;
  const dice = extensions.find(({id}) => id === DICE)?.value ?? new Uint8Array(0);
  const [tag, size, ...digest] = dice.subarray(-50);
  if (tag !== 0x04 || size !== 48 || !equalBytes(Uint8Array.from(digest), named))
    fail("signature_invalid", "the report names another firmware than the certificate");
}
