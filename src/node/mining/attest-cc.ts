/**
 * Attaches to a solution the quote of a device with a certificate.
 * Source: QSDM mining protocol, sections 17.1 to 17.3; strict form: docs/decisions/0030-cc-attestation.md.
 */
import {base64Of, hexOf} from "../../codecs/bytes.js";
import {CC_ATTESTATION, type CcBundle, encodeCcBundle} from "../../codecs/mining/cc-bundle.js";
import {type CcQuoteContent, ccPreimage, strictCcPreimage} from "../../codecs/mining/cc-quote.js";
import type {Challenge} from "../../codecs/mining/challenge.js";
import type {Proof} from "../../codecs/mining/proof.js";
import {decodeCertificate} from "../../codecs/x509/certificate.js";
import {UsageError} from "../../errors.js";
import {deviceIdOf} from "../ledger/attestation/cc/device.js";
import type {SealedEvidence} from "./attest.js";

/** A device that signs with the key that its certificate names. */
export interface CcDevice {
  /** DER, the device's own certificate first. */
  readonly certChain: readonly Uint8Array[];
  readonly firmwareVer: string;
  readonly driverVer: string;
  /** As given; the chain's rules canonicalise. */
  readonly gpuArch: string;
  /** An ASN.1 ECDSA signature over SHA-256 of `message`. */
  sign(message: Uint8Array): Uint8Array;
}

/** `proof` as version 2 with evidence of type `nvidia-cc-v1`. @throws UsageError DEVICE_INVALID; DecodeError */
export function attestWithCertificate(proof: Proof, device: CcDevice, challenge: Challenge): Proof {
  const {nonce, issuedAt} = challenge;
  const bundle = encodeCcBundle(quoteOf(proof, device, {challenge, message: ccPreimage}));
  const claims = {gpuArch: device.gpuArch, claimedHashrateHps: 0n, nonce, issuedAt};
  return {...proof, version: 2, attestation: {...claims, type: CC_ATTESTATION, bundle}};
}

/** The quote for the bundle that a node key signs. @throws UsageError DEVICE_INVALID; DecodeError */
export function certifiedEvidence(
  proof: Proof,
  device: CcDevice,
  {challenge, nodeId}: {readonly challenge: Challenge; readonly nodeId: string},
): SealedEvidence {
  const message = (content: CcQuoteContent) => strictCcPreimage(content, {nodeId, ...device});
  const evidence = encodeCcBundle(quoteOf(proof, device, {challenge, message}));
  return {evidence, evidenceType: CC_ATTESTATION, nodeId, gpuArch: device.gpuArch};
}

function quoteOf(
  {minerAddr, batchRoot, mixDigest}: Proof,
  device: CcDevice,
  {challenge, message}: {readonly challenge: Challenge; readonly message: (content: CcQuoteContent) => Uint8Array},
): CcBundle {
  const [leaf] = device.certChain;
  if (!leaf) throw new UsageError("DEVICE_INVALID", "the device has no certificate");
  const deviceUuid = deviceIdOf(decodeCertificate(leaf));
  const {nonce, issuedAt, signerId: challengeSignerId, signature: challengeSig} = challenge;
  const content = {deviceUuid, nonce, issuedAt, minerAddr, batchRoot, mixDigest, challengeSignerId, challengeSig};
  return {
    deviceUuid,
    certChain: device.certChain.map((der) => base64Of(der)),
    quote: {
      challengeNonce: hexOf(nonce),
      issuedAt,
      challengeSignerId,
      challengeSig: hexOf(challengeSig),
      signature: base64Of(device.sign(message(content))),
    },
    pcr: {firmwareVer: device.firmwareVer, driverVer: device.driverVer},
  };
}
