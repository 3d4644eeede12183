/**
 * Attaches to a solution the quote of a device with a certificate.
 * Source: QSDM mining protocol, sections 17.1 to 17.3; strict form: docs/decisions/0030-cc-attestation.md.
 */
import {base64Of, hexOf} from "../../codecs/bytes.js";
import {CC_ATTESTATION, type CcBundle, encodeCcBundle} from "../../codecs/mining/cc-bundle.js";
import {ccPreimage} from "../../codecs/mining/cc-quote.js";
import type {Challenge} from "../../codecs/mining/challenge.js";
import type {Proof} from "../../codecs/mining/proof.js";
import {decodeCertificate} from "../../codecs/x509/certificate.js";
import {UsageError} from "../../errors.js";
import {deviceIdOf} from "../ledger/attestation/cc/device.js";

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
  const bundle = encodeCcBundle(quoteOf(proof, device, challenge));
  const claims = {gpuArch: device.gpuArch, claimedHashrateHps: 0n, nonce, issuedAt};
  return {...proof, version: 2, attestation: {...claims, type: CC_ATTESTATION, bundle}};
}

function quoteOf(proof: Proof, device: CcDevice, challenge: Challenge): CcBundle {
  const [leaf] = device.certChain;
  if (!leaf) throw new UsageError("DEVICE_INVALID", "the device has no certificate");
  const deviceUuid = deviceIdOf(decodeCertificate(leaf));
  const {nonce, issuedAt, signerId: challengeSignerId, signature: challengeSig} = challenge;
  const {minerAddr, batchRoot, mixDigest} = proof;
  const content = {deviceUuid, nonce, issuedAt, minerAddr, batchRoot, mixDigest, challengeSignerId, challengeSig};
  return {
    deviceUuid,
    certChain: device.certChain.map((der) => base64Of(der)),
    quote: {
      challengeNonce: hexOf(nonce),
      issuedAt,
      challengeSignerId,
      challengeSig: hexOf(challengeSig),
      signature: base64Of(device.sign(ccPreimage(content))),
    },
    pcr: {firmwareVer: device.firmwareVer, driverVer: device.driverVer},
  };
}
