/**
 * The challenge that a piece of evidence quotes: is it fresh, and did a known signer issue it. Every kind of evidence
 * asks the same; `scope` names the kind in messages.
 * Source: QSDM mining protocol, steps 14 to 17 of section 15.4 and 14 to 16 of 17.4.
 */
import {formatDuration} from "../../../codecs/go/number.js";
import {type Challenge, type ChallengeBinding, challengeSigningBytes} from "../../../codecs/mining/challenge.js";
import {RuleError} from "../../../errors.js";
import type {ChallengeVerifier} from "./challenge.js";
import {AttestationError, type FailureClass} from "./failure.js";

/** Kind of evidence, as messages begin with it. */
export type Scope = "hmac" | "cc" | "spdm";

/** How long after its issue a challenge is good; both bounds are inclusive. */
export interface FreshnessLimits {
  readonly windowSeconds: number;
  readonly futureSkewSeconds: number;
}

/** Throws failures whose texts begin with `scope`. */
export const failureIn =
  (scope: Scope) =>
  (failureClass: FailureClass, what: string, cause?: unknown): never => {
    throw new AttestationError(failureClass, `${scope}: ${what}`, cause);
  };

/** Whose challenges count, and for what one must have been issued; null where it may be for anyone. */
export interface Issue {
  readonly challenges: ChallengeVerifier;
  readonly binding: ChallengeBinding | null;
}

/** A known signer issued the challenge, for this very use where the chain binds it. @throws AttestationError */
export function checkIssued(scope: Scope, quoted: Challenge, {challenges, binding}: Issue): void {
  try {
    challenges.check(quoted.signerId, challengeSigningBytes(quoted, binding), quoted.signature);
  } catch (cause) {
    if (!(cause instanceof RuleError)) throw cause;
    failureIn(scope)("signature_invalid", `challenge signature: ${cause.message}`, cause);
  }
}

const NS_PER_MS = 1_000_000n;
const NS_PER_SECOND = 1_000_000_000n;

/** Nanoseconds from issue to `nowMs`. */
const ageOf = (issuedAt: bigint, nowMs: bigint): bigint => nowMs * NS_PER_MS - issuedAt * NS_PER_SECOND;

/** Not older than the window. @throws AttestationError */
export function checkNotStale(scope: Scope, issuedAt: bigint, nowMs: bigint, windowSeconds: number): void {
  const age = ageOf(issuedAt, nowMs);
  const window = BigInt(windowSeconds) * NS_PER_SECOND;
  if (age > window)
    failureIn(scope)("stale", `attestation age ${formatDuration(age)} > window ${formatDuration(window)}`);
}

/** Not further in the future than clocks may differ. @throws AttestationError */
export function checkNotFuture(scope: Scope, issuedAt: bigint, nowMs: bigint, futureSkewSeconds: number): void {
  const age = ageOf(issuedAt, nowMs);
  const skew = BigInt(futureSkewSeconds) * NS_PER_SECOND;
  if (age >= -skew) return;
  const limit = `max skew ${formatDuration(skew)}`;
  failureIn(scope)("stale", `attestation issued ${formatDuration(-age)} in future (${limit})`);
}
