/**
 * Attestation type `nvidia-cc-v1`, checked in the reference's order, step by step.
 * Source: QSDM mining protocol, section 17.4. Numbers in comments are its steps.
 */
import {equalBytes} from "../../../../codecs/bytes.js";
import {readBase64} from "../../../../codecs/go/base64.js";
import {hexOrNull, readHex} from "../../../../codecs/go/hex.js";
import {quoteText} from "../../../../codecs/go/quote.js";
import {CC_ATTESTATION, type CcBundle, readCcBundleCompat} from "../../../../codecs/mining/cc-bundle.js";
import {ccPreimage, compareDotted} from "../../../../codecs/mining/cc-quote.js";
import type {Proof} from "../../../../codecs/mining/proof.js";
import {DecodeError, RuleError} from "../../../../errors.js";
import {architectureOf, checkCertSubject} from "../architecture.js";
import type {ChallengeVerifier} from "../challenge.js";
import type {NonceStore} from "../nonce-store.js";
import {checkIssued, checkNotFuture, checkNotStale, type FreshnessLimits, failureIn} from "../quoted.js";
import {ecdsaKeyOf, followChain, readChain} from "./chain.js";
import {type DeviceKey, verifyEcdsa} from "./signature.js";
import type {DeviceTrust} from "./trust.js";

/** What a verifier is configured with. */
export interface CcPorts {
  readonly trust: DeviceTrust;
  /** Whose challenges count; null skips step 14, for verifiers that do not hold the issuers' keys. */
  readonly challenges: ChallengeVerifier | null;
  /** Replay cache; null skips step 17. */
  readonly nonces: NonceStore | null;
  readonly limits: FreshnessLimits;
}

const fail: ReturnType<typeof failureIn> = failureIn("cc");

/** Every step of 17.4. @throws AttestationError */
export function checkCcAttestation({trust, challenges, nonces, limits}: CcPorts, proof: Proof, nowMs: bigint): void {
  const {type, gpuArch} = proof.attestation;
  if (type !== CC_ATTESTATION)
    // 1
    fail("type_unknown", `got attestation type ${quoteText(type)} want ${quoteText(CC_ATTESTATION)}`);
  const bundle = readBundle(proof.attestation.bundle);
  checkCcQuoted(bundle, proof);
  const chain = readChain("cc", bundle.certChain); // 6 and 7
  followChain("cc", chain, {roots: trust.roots, nowMs}); // 8
  const [leaf] = chain;
  const key = ecdsaKeyOf("cc", leaf); // 9
  const challenge = challengeOf(bundle);
  checkQuoteSignature(key, bundle, preimageOf(bundle, proof)); // 11 to 13
  if (challenges) checkIssued("cc", challenge, {challenges, binding: null}); // 14
  checkNotStale("cc", bundle.quote.issuedAt, nowMs, limits.windowSeconds); // 15
  checkNotFuture("cc", bundle.quote.issuedAt, nowMs, limits.futureSkewSeconds); // 16
  if (nonces) useNonce(nonces, bundle, nowMs);
  checkFloor("firmware_ver", bundle.pcr.firmwareVer, trust.minFirmware, compareDotted); // 18
  checkFloor("driver_ver", bundle.pcr.driverVer, trust.minDriver, compareDotted); // 19
  if (gpuArch !== "") checkCcArchitecture(gpuArch, leaf.commonName); // 20 and 21
}

function readBundle(text: string): CcBundle {
  try {
    return readCcBundleCompat(text); // 2
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    return fail("bundle_malformed", cause.message, cause);
  }
}

/** Steps 3 to 5: the bundle quotes the challenge that the proof shows outside. @throws AttestationError */
export function checkCcQuoted({quote}: CcBundle, {attestation}: Proof): void {
  const nonce = hexOrNull(quote.challengeNonce);
  if (nonce?.length !== 32) return fail("bundle_malformed", "quote.challenge_nonce malformed");
  if (!equalBytes(nonce, attestation.nonce)) fail("nonce_mismatch", "bundle.challenge_nonce != Attestation.Nonce");
  const {issuedAt} = attestation;
  if (quote.issuedAt !== issuedAt)
    fail("nonce_mismatch", `bundle.issued_at (${quote.issuedAt}) != Attestation.IssuedAt (${issuedAt})`);
}

/** Step 10. @throws AttestationError */
export function challengeOf({quote}: CcBundle) {
  const signature = hexOrNull(quote.challengeSig) ?? fail("bundle_malformed", "quote.challenge_sig hex");
  return {
    nonce: readHex(quote.challengeNonce),
    issuedAt: quote.issuedAt,
    signerId: quote.challengeSignerId,
    signature,
  };
}

function preimageOf(bundle: CcBundle, {minerAddr, batchRoot, mixDigest, attestation}: Proof): Uint8Array {
  const {signerId: challengeSignerId, signature: challengeSig} = challengeOf(bundle);
  const {nonce, issuedAt} = attestation;
  const {deviceUuid} = bundle;
  try {
    return ccPreimage({deviceUuid, nonce, issuedAt, minerAddr, batchRoot, mixDigest, challengeSignerId, challengeSig});
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    return fail("bundle_malformed", `build preimage: ${cause.message}`, cause);
  }
}

/** Steps 12 and 13: the leaf's key signed `message`. @throws AttestationError */
export function checkQuoteSignature(key: DeviceKey, {quote}: CcBundle, message: Uint8Array): void {
  let signature: Uint8Array;
  try {
    signature = readBase64(quote.signature);
  } catch (cause) {
    return fail("bundle_malformed", "quote.signature base64", cause);
  }
  if (!verifyEcdsa(key, {hash: "sha256", form: "der"}, {message, signature}))
    fail("signature_invalid", "AIK signature verification failed");
}

/** Step 17 (quirk Q19: the owner is the id as spelled). @throws AttestationError */
function useNonce(nonces: NonceStore, {deviceUuid, quote}: CcBundle, nowMs: bigint): void {
  const nonce = readHex(quote.challengeNonce);
  if (nonces.has(deviceUuid, nonce)) fail("nonce_mismatch", `nonce already used by device ${deviceUuid}`);
  nonces.record(deviceUuid, nonce, nowMs);
}

/** Steps 18 and 19: not older than `floor`, which asks for nothing when empty. @throws AttestationError */
export function checkFloor(
  name: string,
  version: string,
  floor: string,
  compare: (a: string, b: string) => number,
): void {
  if (floor === "") return;
  let order: number;
  try {
    order = compare(version, floor);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    return fail("signature_invalid", `pcr.${name} ${quoteText(version)} unparseable: ${cause.message}`, cause);
  }
  if (order < 0) fail("signature_invalid", `pcr.${name} ${version} < min ${floor}`);
}

/** Steps 20 and 21. @throws AttestationError */
export function checkCcArchitecture(gpuArch: string, commonName: string): void {
  const architecture = architectureOf(gpuArch);
  if (!architecture) return fail("signature_invalid", `gpu_arch ${quoteText(gpuArch)} not in allowlist`);
  try {
    checkCertSubject(architecture, commonName);
  } catch (cause) {
    if (!(cause instanceof RuleError)) throw cause;
    fail("signature_invalid", `arch consistency: ${cause.message}`, cause);
  }
}
