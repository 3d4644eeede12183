/**
 * Attestation type `nvidia-hmac-v1`, checked in the reference's order, step by step.
 * Source: QSDM mining protocol, section 15.4. Numbers in comments are its steps.
 */
import {equalBytes} from "../../../codecs/bytes.js";
import {hexOrNull, readHex} from "../../../codecs/go/hex.js";
import {quoteText} from "../../../codecs/go/quote.js";
import {equalSecret, hmacSha256} from "../../../codecs/hash.js";
import type {Challenge} from "../../../codecs/mining/challenge.js";
import {
  challengeBind,
  HMAC_ATTESTATION,
  type HmacBundle,
  macMessage,
  readHmacBundleCompat,
} from "../../../codecs/mining/hmac-bundle.js";
import type {Proof} from "../../../codecs/mining/proof.js";
import {RuleError} from "../../../errors.js";
import type {EnrollmentRecord} from "../enrollment/record.js";
import {architectureOf, checkGpuName} from "./architecture.js";
import type {ChallengeVerifier} from "./challenge.js";
import {checkNotDenied} from "./deny-list.js";
import type {FailureClass} from "./failure.js";
import {foldGpuId} from "./gpu-id.js";
import type {NonceStore} from "./nonce-store.js";
import {checkIssued, checkNotFuture, checkNotStale, type FreshnessLimits, failureIn} from "./quoted.js";

/** What an attestation needs to know about the node that it names. */
export type Operator = Pick<EnrollmentRecord, "gpuUuid" | "hmacKey" | "revokedAtHeight">;

/** What a verifier is configured with. */
export interface HmacPorts {
  /** The record of `nodeId`, or null. */
  operator(nodeId: string): Operator | null;
  /** Whose challenges count; null skips steps 13 to 15, for verifiers that do not hold the issuers' keys. */
  readonly challenges: ChallengeVerifier | null;
  /** Replay cache; null skips step 18. */
  readonly nonces: NonceStore | null;
  /** Case-insensitive substrings of GPU names that are not taken. */
  readonly denyList: readonly string[];
  readonly limits: FreshnessLimits;
}

const fail: (failureClass: FailureClass, what: string, cause?: unknown) => never = failureIn("hmac");

/** Every step of 15.4. @throws AttestationError */
export function checkHmacAttestation(ports: HmacPorts, proof: Proof, nowMs: bigint): void {
  const {type} = proof.attestation;
  if (type !== HMAC_ATTESTATION)
    // 1
    fail("type_unknown", `got attestation type ${quoteText(type)} want ${quoteText(HMAC_ATTESTATION)}`);
  const bundle = readBundle(proof.attestation.bundle);
  checkBinding(bundle, proof);
  checkOperator(bundle, ports.operator(bundle.nodeId));
  checkQuoted(bundle, proof);
  if (ports.challenges) checkIssued("hmac", challengeOfHmac(bundle), {challenges: ports.challenges, binding: null});
  checkNotStale("hmac", bundle.issuedAt, nowMs, ports.limits.windowSeconds);
  checkNotFuture("hmac", bundle.issuedAt, nowMs, ports.limits.futureSkewSeconds);
  if (ports.nonces) useNonce(ports.nonces, bundle, nowMs);
  checkHardware(bundle, proof.attestation.gpuArch, ports.denyList);
}

function readBundle(text: string): HmacBundle {
  try {
    return readHmacBundleCompat(text); // 3
  } catch (cause) {
    return fail("bundle_malformed", messageOf(cause), cause);
  }
}

/** Bytes of hex in either case, or null when there are not exactly 32. */
function hex32(text: string): Uint8Array | null {
  const bytes = hexOrNull(text);
  return bytes?.length === 32 ? bytes : null;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Steps 4 and 5: the bundle was made for this solution. @throws AttestationError */
export function checkBinding(bundle: HmacBundle, proof: Proof): void {
  const bind = hex32(bundle.challengeBind) ?? fail("bundle_malformed", "challenge_bind not 32 hex bytes");
  if (!equalBytes(bind, challengeBind(proof))) fail("signature_invalid", "challenge_bind mismatch");
}

/** Steps 6 to 9: the node is enrolled, its key MACed the bundle, the GPU is the enrolled one. @throws AttestationError */
export function checkOperator(bundle: HmacBundle, operator: Operator | null): void {
  const lookup = "registry lookup failed: hmac";
  if (!operator) fail("signature_invalid", `${lookup}: node_id not in operator registry`);
  if (operator.revokedAtHeight !== null) fail("signature_invalid", `${lookup}: node_id revoked`);
  const mac = hex32(bundle.hmac) ?? fail("bundle_malformed", "hmac field not 32 hex bytes");
  if (!equalSecret(mac, hmacSha256(operator.hmacKey, macMessage(bundle))))
    fail("signature_invalid", `hmac mismatch for node ${quoteText(bundle.nodeId)}`);
  if (foldGpuId(bundle.gpuUuid) !== foldGpuId(operator.gpuUuid))
    fail("signature_invalid", `gpu_uuid ${quoteText(bundle.gpuUuid)} != registered ${quoteText(operator.gpuUuid)}`);
}

/** Steps 10 to 12: the bundle quotes the challenge that the proof shows outside. @throws AttestationError */
export function checkQuoted(bundle: HmacBundle, {attestation}: Proof): void {
  const nonce = hex32(bundle.nonce) ?? fail("bundle_malformed", "nonce not 32 hex bytes");
  if (!equalBytes(nonce, attestation.nonce)) fail("nonce_mismatch", "bundle.nonce != Attestation.Nonce");
  if (bundle.issuedAt !== attestation.issuedAt) fail("nonce_mismatch", "bundle.issued_at != Attestation.IssuedAt");
}

/** The challenge that a bundle quotes, steps 13 and 14. @throws AttestationError */
export function challengeOfHmac(bundle: HmacBundle): Challenge {
  const {challengeSignerId: signerId, issuedAt} = bundle;
  if (signerId === "") fail("bundle_malformed", "challenge_signer_id missing");
  const signature = hexOrNull(bundle.challengeSig);
  if (!signature || signature.length === 0) fail("bundle_malformed", "challenge_sig not hex");
  return {nonce: readHex(bundle.nonce), issuedAt, signerId, signature};
}

/** Step 18: unseen, and from now on seen (quirk Q22: before the checks that follow). @throws AttestationError */
function useNonce(nonces: NonceStore, bundle: HmacBundle, nowMs: bigint): void {
  const nonce = readHex(bundle.nonce);
  if (nonces.has(bundle.nodeId, nonce))
    fail("nonce_mismatch", `nonce already used by node ${quoteText(bundle.nodeId)}`);
  nonces.record(bundle.nodeId, nonce, nowMs);
}

/** Steps 19 to 21. @throws AttestationError */
export function checkHardware(bundle: HmacBundle, gpuArch: string, denyList: readonly string[]): void {
  checkNotDenied("hmac", bundle.gpuName, denyList);
  const architecture = architectureOf(gpuArch);
  if (!architecture) fail("signature_invalid", `gpu_arch ${quoteText(gpuArch)} not in allowlist`);
  try {
    checkGpuName(architecture, bundle.gpuName);
  } catch (cause) {
    if (!(cause instanceof RuleError)) throw cause;
    fail("signature_invalid", cause.message, cause);
  }
}
