/**
 * Who may issue challenges, and whether one is genuine and fresh.
 *
 * The MAC key is symmetric: whoever can verify a signer can also impersonate it, so a challenge is checked only where
 * a proof is admitted, by the node that issued it, and never in consensus.
 * Source: QSDM mining protocol, section 14.
 */
import {hexOf, utf8} from "../../../codecs/bytes.js";
import {equalSecret, hmacSha256, sha3} from "../../../codecs/hash.js";
import {type Challenge, challengeSigningBytes} from "../../../codecs/mining/challenge.js";
import {RuleError} from "../../../errors.js";

/** Shortest MAC key, in bytes. */
export const CHALLENGE_KEY_MIN_BYTES = 16;

function refuse(code: string, message: string): never {
  throw new RuleError(code, `challenge: ${message}`);
}

function checkSigner(signerId: string, key: Uint8Array): void {
  if (signerId === "") refuse("CHALLENGE_SIGNER_INVALID", "signerID must be non-empty");
  if (key.length < CHALLENGE_KEY_MIN_BYTES)
    refuse("CHALLENGE_SIGNER_INVALID", `HMAC key must be >= ${CHALLENGE_KEY_MIN_BYTES} bytes`);
}

/** Name of the signer that holds `key`. Derived from a hash, so that a challenge tells nothing about the key. */
export const signerIdOf = (key: Uint8Array): string =>
  `validator-${hexOf(sha3(utf8("qsdm/challenge-signer/v1\0"), key).subarray(0, 8))}`;

/** Signs challenges in the name of one signer. */
export interface ChallengeSigner {
  readonly signerId: string;
  sign(payload: Uint8Array): Uint8Array;
}

/** @throws RuleError CHALLENGE_SIGNER_INVALID */
export function createChallengeSigner(signerId: string, key: Uint8Array): ChallengeSigner {
  checkSigner(signerId, key);
  return {signerId, sign: (payload) => hmacSha256(key, payload)};
}

/** The signers whose challenges are taken. */
export class ChallengeVerifier {
  readonly #keys = new Map<string, Uint8Array>();

  /** @throws RuleError CHALLENGE_SIGNER_INVALID, CHALLENGE_SIGNER_TAKEN */
  register(signerId: string, key: Uint8Array): void {
    checkSigner(signerId, key);
    if (this.#keys.has(signerId)) refuse("CHALLENGE_SIGNER_TAKEN", `signer_id "${signerId}" already registered`);
    this.#keys.set(signerId, key);
  }

  /** Replaces the signer's key, or adds the signer. @throws RuleError CHALLENGE_SIGNER_INVALID */
  rotate(signerId: string, key: Uint8Array): void {
    checkSigner(signerId, key);
    this.#keys.set(signerId, key);
  }

  /** @throws RuleError CHALLENGE_SIGNER_UNKNOWN, CHALLENGE_SIGNATURE_INVALID */
  check(signerId: string, payload: Uint8Array, signature: Uint8Array): void {
    const key = this.#keys.get(signerId);
    if (!key) refuse("CHALLENGE_SIGNER_UNKNOWN", `signer_id "${signerId}": challenge: signer_id not recognised`);
    if (!equalSecret(hmacSha256(key, payload), signature))
      refuse("CHALLENGE_SIGNATURE_INVALID", "signature verification failed");
  }

  /** @throws RuleError CHALLENGE_SIGNER_UNKNOWN, CHALLENGE_SIGNATURE_INVALID */
  checkChallenge(challenge: Challenge): void {
    this.check(challenge.signerId, challengeSigningBytes(challenge), challenge.signature);
  }
}

/** When a challenge counts as fresh, in seconds; both bounds are inclusive. */
export interface Freshness {
  readonly nowSeconds: bigint;
  readonly windowSeconds: bigint;
  readonly futureSkewSeconds: bigint;
}

/** Freshness first, then the signature. @throws RuleError CHALLENGE_STALE, CHALLENGE_SIGNATURE_INVALID */
export function checkChallenge(challenge: Challenge, freshness: Freshness, verifier: ChallengeVerifier): void {
  const age = freshness.nowSeconds - challenge.issuedAt;
  const {windowSeconds, futureSkewSeconds} = freshness;
  if (age > windowSeconds)
    refuse("CHALLENGE_STALE", `age ${age}s > window ${windowSeconds}s: challenge: outside freshness window`);
  if (age < -futureSkewSeconds) {
    const limit = `max skew ${futureSkewSeconds}s`;
    refuse("CHALLENGE_STALE", `issued ${-age}s in future (${limit}): challenge: outside freshness window`);
  }
  try {
    verifier.checkChallenge(challenge);
  } catch (cause) {
    if (!(cause instanceof RuleError)) throw cause;
    throw new RuleError("CHALLENGE_SIGNATURE_INVALID", `challenge: signature: ${cause.message}`, {cause});
  }
}
