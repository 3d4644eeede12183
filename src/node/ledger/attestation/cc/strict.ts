/**
 * Evidence of type `nvidia-cc-v1` under strict rules: the quote also covers the node and the versions (quirk Q26), the
 * device is the key that the certificate names and the GPU that was enrolled (Q27), and versions of real firmware
 * compare (Q28). docs/decisions/0030-cc-attestation.md.
 */
import type {CcBundle} from "../../../../codecs/mining/cc-bundle.js";
import {compareVersions, strictCcPreimage} from "../../../../codecs/mining/cc-quote.js";
import type {Proof} from "../../../../codecs/mining/proof.js";
import type {Certificate} from "../../../../codecs/x509/certificate.js";
import {DecodeError} from "../../../../errors.js";
import type {Belief, EvidenceOwner} from "../against.js";
import {checkNotDenied} from "../deny-list.js";
import {foldGpuId} from "../gpu-id.js";
import {failureIn, type Scope} from "../quoted.js";
import {ecdsaKeyOf, followChain, readChain} from "./chain.js";
import {deviceIdOf, gpuUuidOf} from "./device.js";
import type {DeviceTrust} from "./trust.js";
import {challengeOf, checkCcArchitecture, checkCcQuoted, checkFloor, checkQuoteSignature} from "./verify.js";

const fail: ReturnType<typeof failureIn> = failureIn("cc");

/** The quote is this solution's, under the key of the enrolled device. @throws AttestationError */
export function checkCcOwn(bundle: CcBundle, proof: Proof, {nodeId, gpuUuid}: EvidenceOwner): void {
  checkCcQuoted(bundle, proof);
  const [leaf] = readChain("cc", bundle.certChain);
  const key = ecdsaKeyOf("cc", leaf);
  checkQuoteSignature(key, bundle, preimageOf(bundle, proof, nodeId));
  if (bundle.deviceUuid !== deviceIdOf(leaf))
    fail("signature_invalid", `device ${bundle.deviceUuid} is not the one of the certificate, ${deviceIdOf(leaf)}`);
  checkEnrolledDevice("cc", leaf, gpuUuid);
}

/** The device whose key `certificate` names is the enrolled GPU. @throws AttestationError */
export function checkEnrolledDevice(scope: Scope, certificate: Certificate, gpuUuid: string): void {
  const device = gpuUuidOf(deviceIdOf(certificate));
  if (foldGpuId(device) !== foldGpuId(gpuUuid))
    failureIn(scope)("signature_invalid", `the certified device is ${device}, the enrolled GPU ${gpuUuid}`);
}

function preimageOf(bundle: CcBundle, {minerAddr, batchRoot, mixDigest}: Proof, nodeId: string): Uint8Array {
  const {deviceUuid, pcr} = bundle;
  const {nonce, issuedAt, signerId: challengeSignerId, signature: challengeSig} = challengeOf(bundle);
  const content = {deviceUuid, nonce, issuedAt, minerAddr, batchRoot, mixDigest, challengeSignerId, challengeSig};
  try {
    return strictCcPreimage(content, {nodeId, ...pcr});
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    return fail("bundle_malformed", `build preimage: ${cause.message}`, cause);
  }
}

/** The chain pins a root above the device, and takes its versions and its name. @throws AttestationError */
export function checkCcBelieved({certChain, pcr}: CcBundle, {gpuArch, trust, deniedGpus, nowMs}: Belief): void {
  const {roots, minFirmware, minDriver} = pinned("cc", trust);
  const chain = readChain("cc", certChain);
  followChain("cc", chain, {roots, nowMs});
  checkNotDenied("cc", chain[0].commonName, deniedGpus);
  checkFloor("firmware_ver", pcr.firmwareVer, minFirmware, compareVersions);
  checkFloor("driver_ver", pcr.driverVer, minDriver, compareVersions);
  checkCcArchitecture(gpuArch, chain[0].commonName);
}

/** @throws AttestationError on chains that pin no root */
export const pinned = (scope: Scope, trust: DeviceTrust | null): DeviceTrust =>
  trust ?? failureIn(scope)("type_unknown", "this chain pins no root of devices");
